using System.Text;
using Commerce.Gateway.Requests;
using CsCheck;

namespace Commerce.Gateway.Tests.Requests;

public sealed class CardNumberTests
{
    [Theory]
    [InlineData("4111111111111111")]
    [InlineData("4111 1111 1111 1111")]
    [InlineData("4111-1111-1111-1111")]
    [InlineData("3782 822463 10005")]
    [InlineData("4222222222222")]
    [InlineData("6011000990139424.")]
    [InlineData("please charge 5555555555554444 thanks")]
    [InlineData("flat 12 4111 1111 1111 1111")]
    [InlineData("4111 1111 1111 1111 12 29")]
    [InlineData("12345678901234567890 then 4111111111111111")]
    [InlineData("tok_4111111111111111")]
    [InlineData("card4111111111111111")]
    [InlineData("550e8400-e29b-41d4-a716-446655440000-4111111111111111")]
    [InlineData("1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 4111 1111 1111 1111")]
    public void Cards_are_seen(string text) => Holds(text).ShouldBeTrue();

    [Theory]
    [InlineData("4111111111111112")]
    [InlineData("0000000000000000")]
    [InlineData("411111111111")]
    [InlineData("41111111111111110000")]
    [InlineData("00004111111111111111")]
    [InlineData("4111  1111  1111  1111")]
    [InlineData("2010-12-01 08:26:00")]
    [InlineData("+44 20 7946 0958")]
    [InlineData("01963b2e-4111-7111-8111-111111111111")]
    [InlineData("")]
    public void What_is_no_card_is_left_alone(string text) => Holds(text).ShouldBeFalse();

    [Fact]
    public void No_random_identifier_is_a_card() =>
        Gen.Select(Gen.OneOf("N", "D"), Gen.Guid, Gen.Guid, Gen.OneOf("", "tok_", "line-", "order", "7-")).Sample((form, one, other, before) =>
            Holds($"{before}{one.ToString(form)}-{other.ToString(form)}").ShouldBeFalse(), iter: 20_000);

    [Theory]
    [InlineData("sku")]
    [InlineData("lineId")]
    public void A_barcode_is_a_SKU_and_not_a_card(string field)
    {
        var barcode = "4222222222222"u8;
        CardNumbers.Holds(field, barcode).ShouldBeFalse();
        CardNumbers.Holds("reason", barcode).ShouldBeTrue();
        CardNumbers.Holds(field, "4111111111111111"u8).ShouldBeTrue();
    }

    [Fact]
    public void Any_valid_number_is_seen_in_any_grouping_amid_any_words() =>
        Gen.Select(Gen.Int[0, 9].Array[12, 18], Gen.Bool.Array[19], Gen.Char["- "], Gen.OneOf("", "no ", "12 ", "a1-", "tok_", "card", "550e8400-e29b-41d4-a716-446655440000-"))
            .Where(x => x.Item1.Distinct().Count() > 1).Sample((digits, cuts, by, before) =>
        {
            var number = string.Concat(digits) + Check(digits);
            var grouped = string.Concat(number.Select((digit, i) => i > 0 && cuts[i] ? $"{by}{digit}" : $"{digit}"));
            Holds($"{before}{grouped} please").ShouldBeTrue(grouped);
        });

    [Theory]
    [InlineData("cvv")]
    [InlineData("CVC")]
    [InlineData("card_number")]
    [InlineData("cardNumber")]
    [InlineData("security-code")]
    public void Fields_made_for_cards_are_seen(string name) => CardNumbers.IsCardField(name).ShouldBeTrue();

    [Theory]
    [InlineData("card")]
    [InlineData("number")]
    [InlineData("company")]
    public void Other_fields_are_not(string name) => CardNumbers.IsCardField(name).ShouldBeFalse();

    private static bool Holds(string text) => CardNumbers.Holds(Encoding.UTF8.GetBytes(text));

    private static int Check(int[] digits)
    {
        var sum = 0;
        for (var i = 0; i < digits.Length; i++)
        {
            var digit = digits[^(i + 1)];
            sum += i % 2 == 1 ? digit : digit > 4 ? 2 * digit - 9 : 2 * digit;
        }

        return (10 - sum % 10) % 10;
    }
}
