using System.Text;
using Commerce.Cli.Replay;

namespace Commerce.Cli.Tests.Replay;

/// <summary>A small file with the dirt real ones have.</summary>
internal static class Dirt
{
    public const string Header = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country";

    public const string Csv = Header + """

        100001,85123A,"HEART, HANGING",6,2010-12-01 08:00:00,2.55,17850,United Kingdom
        100001,85123a ,WHITE HEART,4,2010-12-01 08:00:00,2.55,17850,United Kingdom
        100001,71053,,2,2010-12-01 08:00:00,3.39,17850,United Kingdom
        100001,POST,POSTAGE,1,2010-12-01 08:00:00,18.00,17850,United Kingdom
        100001,POST,POSTAGE,1,2010-12-01 08:00:00,18.00,17850,United Kingdom
        100002,85123A,WHITE HEART,10,2010-12-01 09:00:00,2.55,17850,United Kingdom
        100002,22222,SPOTTY CUP,3,2010-12-01 09:01:00,0.335,17850,United Kingdom
        100003,M,Manual,1,2010-12-02 10:00:00,100.00,,EIRE
        100003,22222,SPOTTY CUP,5,2010-12-02 10:00:00,0.00,,EIRE
        100004,22222,,-4,2010-12-02 11:00:00,0.00,,United Kingdom
        100005,71053,damaged,-2,2010-12-02 11:00:00,3.39,,United Kingdom
        A100006,BANK CHARGES,Adjust bad debt,1,2010-12-02 12:00:00,-11.50,,United Kingdom
        C100007,85123A,WHITE HEART,-12,2010-12-01 12:00:00,2.55,17850,United Kingdom
        C100007,85123A,WHITE HEART,-7,2010-12-01 12:00:00,2.55,17850,United Kingdom
        C100008,85123A,WHITE HEART,-7,2010-12-02 09:00:00,2.55,17850,United Kingdom
        C100009,22222,SPOTTY CUP,-1,2010-12-03 09:00:00,0.335,17850,United Kingdom
        C100009,22222,SPOTTY CUP,-1,2010-12-03 09:00:00,0.335,17850,United Kingdom
        C100009,22222,SPOTTY CUP,-1,2010-12-03 09:00:00,0.335,17850,United Kingdom
        C100010,D,Discount,-1,2010-12-03 10:00:00,27.50,,United Kingdom
        C100011,POST,POSTAGE,-1,2010-12-01 08:00:00,18.00,17850,United Kingdom
        C100012,M,Manual,-1,2010-12-03 11:00:00,100.00,,EIRE

        """;

    public static TransactionFile File(string csv) => TransactionReader.Read("month.csv", Encoding.UTF8.GetBytes(csv));

    public static ReplayPlan Plan(string csv = Csv) => ReplayPlan.Of(File(csv));
}
