using Commerce.Orders;

namespace Commerce.Model;

/// <summary>
/// The process over stock, payment, cart and provider, in every order in which calls, writes and the declared faults can come. Each search is closed: it ends
/// because there is no world it has not seen.
/// </summary>
public sealed class ModelTests(ITestOutputHelper output)
{
    // Small shops in which every promise can be broken; what a cure is for fails in the one beside it.
    private static readonly Dictionary<string, (Fault Faults, int AtOnce, int Units, string[] ToDo)> Shops = new()
    {
        ["two for the last unit"] = (Fault.All & ~Fault.LateMoney, 1, 1, ["checkout a k1 tok TEA", "checkout b k2 tok TEA"]),
        ["a bundle"] = (Fault.All & ~Fault.LateMoney, 2, 1, ["checkout a k1 tok TEA,TEA"]),
        ["own hold"] = (Fault.LostReply | Fault.LateDelivery, 1, 1, ["checkout a k1 - TEA", "cancel a", "checkout a k2 tok TEA"]),
        ["one cart twice"] = (Fault.LostReply | Fault.FailedWrite | Fault.LateWrite, 1, 2, ["checkout a k1 tok TEA", "checkout a k2 tok TEA"]),
        ["one key twice"] = (Fault.LostReply | Fault.FailedWrite | Fault.LateWrite, 1, 2, ["checkout a k1 tok TEA", "checkout a k1 tok TEA"]),
        ["a key that joined"] = (Fault.LostReply | Fault.LateWrite, 1, 1, ["checkout a k1 - TEA", "checkout a k2 tok TEA", "cancel a", "checkout a k2 tok TEA"]),
        ["pay late"] = (Fault.All & ~Fault.LateMoney, 2, 1, ["checkout a k1 - TEA", "pay a"]),
        ["pay late beside another"] = (Fault.Pause | Fault.LostReply, 1, 1, ["checkout a k1 - TEA", "pay a", "checkout b k2 tok TEA"]),
        ["cancel in mid-payment"] = (Fault.All, 2, 1, ["checkout a k1 tok TEA", "cancel a"]),
        ["silence"] = (Fault.Silence | Fault.LateMoney | Fault.Pause | Fault.FailedWrite, 4, 1, ["checkout a k1 tok TEA"]),
        ["ship and return"] = (Fault.Silence | Fault.FailedWrite | Fault.LateWrite | Fault.LostReply, 3, 1, ["checkout a k1 tok TEA", "ship a", "ship a", "deliver a", "return a"]),
        ["spent, then cancelled"] = (Fault.Silence, 4, 1, ["checkout a k1 tok TEA", "ship a", "ship a", "cancel a"]),
        ["refused, and a reservation under way"] = (Fault.LateDelivery | Fault.LostReply, 1, 1, ["checkout a k1 tok TEA", "checkout b k2 tok TEA", "cancel b"]),
        ["declined, then paid"] = (Fault.Decline | Fault.LateDelivery | Fault.LateWrite | Fault.LostReply, 2, 2, ["checkout a k1 tok TEA", "pay a"]),
        ["cancelled, and a pin under way"] = (Fault.LateDelivery | Fault.LateWrite | Fault.Pause, 2, 1, ["checkout a k1 - TEA", "pay a", "cancel a"]),
        ["refused, and taken over"] = (Fault.LateWrite | Fault.LostReply, 2, 1, ["checkout a k1 tok TEA", "checkout b k2 tok TEA", "cancel b"]),
        ["freed, and late money"] = (Fault.Silence | Fault.Pause | Fault.LateMoney | Fault.LateWrite, 5, 1, ["checkout a k1 tok TEA"]),
        ["declined, parked, and late money"] = (Fault.Decline | Fault.FailedWrite | Fault.LateMoney, 4, 1, ["checkout a k1 tok TEA", "pay a", "park a"]),
        ["paid late, then cancelled"] = (Fault.Silence | Fault.Pause | Fault.LateMoney, 4, 1, ["checkout a k1 tok TEA", "cancel a"]),
        ["declined, and late money"] = (Fault.Decline | Fault.LateMoney | Fault.LateWrite | Fault.LateDelivery | Fault.Silence | Fault.Pause, 3, 1, ["checkout a k1 tok TEA", "pay a", "cancel a"]),
        ["given up, and a release under way"] = (Fault.Silence | Fault.Pause | Fault.LateMoney | Fault.LateDelivery, 5, 1, ["checkout a k1 tok TEA"]),
        ["cancelled, and the money is kept"] = (Fault.Keep | Fault.Silence | Fault.LateMoney, 4, 1, ["checkout a k1 tok TEA", "cancel a", "retry a"]),
        ["parked"] = (Fault.All & ~Fault.LateMoney, 1, 1, ["checkout a k1 tok TEA", "park a"]),
        ["parked, and cancelled"] = (Fault.FailedWrite | Fault.LateDelivery | Fault.LateWrite, 1, 1, ["checkout a k1 tok TEA", "park a", "cancel a"]),
        ["parked, and late money"] = (Fault.Silence | Fault.Pause | Fault.LateMoney, 4, 1, ["checkout a k1 tok TEA", "park a"]),
        ["parked, and the hold lapses"] = (Fault.FailedWrite | Fault.Pause, 2, 1, ["checkout a k1 - TEA", "pay a", "park a", "checkout b k2 tok TEA"]),
        ["parked, shipped and returned"] = (Fault.FailedWrite | Fault.Silence, 2, 1, ["checkout a k1 tok TEA", "ship a", "deliver a", "return a", "park a"]),
    };

    public static TheoryData<string> Names => [.. Shops.Keys];

    internal static Found Explore(string shop, Cure without = Cure.None)
    {
        var (faults, atOnce, units, toDo) = Shops[shop];
        return Search.Exhaustive(new Shop(faults, without), World.Of(atOnce, units, toDo), shop == "own hold" ? OwnHold : null);
    }

    // A shopper alone with the goods is never told that they are gone, by whichever try.
    private static IEnumerable<string> OwnHold(World w) => w.ToDo.IsEmpty
        ? w.Orders.Where(id => w.Order(id) is { Stage: OrderStatus.Rejected, Code: "out-of-stock" }).Select(id => "blocked by their own hold")
        : [];

    [Theory]
    [MemberData(nameof(Names))]
    public void Whatever_comes_in_whatever_order_every_requirement_holds(string shop)
    {
        var found = Explore(shop);

        output.WriteLine($"{shop}: {found.Worlds} worlds, {found.Ends} ends");
        foreach (var transition in found.Way) output.WriteLine(transition);
        found.Broken.ShouldBeEmpty();
        found.Ends.ShouldBeGreaterThan(0);
    }

    [Theory]
    [InlineData("CountHolds", "two for the last unit", "oversold")]
    [InlineData("SumDemand", "a bundle", "confirmed without its stock")]
    [InlineData("ReplaceOwnHold", "own hold", "blocked by their own hold")]
    [InlineData("OneKeyPerAttempt", "silence", "charged twice")]
    [InlineData("PinBeforePay", "pay late beside another", "confirmed without its stock")]
    [InlineData("WaitForTheTruth", "silence", "live money on a dead order")]
    [InlineData("OneLiveOrder", "one cart twice", "confirmed without its stock")]
    [InlineData("RememberKeys", "one key twice", "one key, two orders")]
    [InlineData("RememberJoined", "a key that joined", "one key, two orders")]
    [InlineData("CloseReservations", "cancel in mid-payment", "leaked hold")]
    [InlineData("ClosePayments", "cancel in mid-payment", "live money on a dead order")]
    [InlineData("NoticeLateMoney", "cancel in mid-payment", "live money on a dead order")]
    [InlineData("UndoCaptures", "ship and return", "ledger")]
    [InlineData("CloseRefused", "refused, and a reservation under way", "leaked hold")]
    [InlineData("RecordPins", "declined, then paid", "confirmed without its stock")]
    [InlineData("ClosePins", "cancelled, and a pin under way", "leaked hold")]
    [InlineData("KeepRetaken", "given up, and a release under way", "confirmed without its stock")]
    [InlineData("CountPerhapsStarted", "cancel in mid-payment", "live money on a dead order")]
    [InlineData("ResumeFirst", "refused, and taken over", "leaked hold")]
    [InlineData("TellAgain", "freed, and late money", "live money on a dead order")]
    [InlineData("RecordAsRead", "freed, and late money", "confirmed without its money")]
    [InlineData("LetGoOfSecond", "declined, and late money", "charged twice")]
    [InlineData("DeclineSpent", "ship and return", "stuck")]
    [InlineData("StopAsking", "cancelled, and the money is kept", "asked without end")]
    [InlineData("LookForEarlier", "declined, parked, and late money", "live money on a dead order")]
    [InlineData("SettleConfirmed", "two for the last unit", "leaked hold")]
    public void A_cure_that_is_taken_away_is_missed_by_the_requirement_it_is_for(string cure, string shop, string requirement) =>
        Explore(shop, Enum.Parse<Cure>(cure)).Broken.ShouldContain(broken => broken.StartsWith(requirement, StringComparison.Ordinal));

    [Fact]
    public void Every_cure_is_taken_away_once() =>
        typeof(ModelTests).GetMethod(nameof(A_cure_that_is_taken_away_is_missed_by_the_requirement_it_is_for))!.GetCustomAttributes(typeof(InlineDataAttribute), false)
            .Cast<InlineDataAttribute>().Select(data => (string)data.Data[0]!).Order().ShouldBe(Enum.GetNames<Cure>().Where(name => name != nameof(Cure.None)).Order());
}
