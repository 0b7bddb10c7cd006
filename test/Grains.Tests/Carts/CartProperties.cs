using System.Collections.Immutable;
using System.Text.Json;
using Commerce.Feeds;
using Commerce.Kernel;
using CsCheck;
using static Commerce.Carts.CartSamples;

namespace Commerce.Carts;

/// <summary>Universal rules, held against whatever sequence of commands.</summary>
public sealed class CartProperties
{
    private delegate Result<Events<CartEvent>> Command(Cart cart);

    private static readonly Gen<Sku> AnySku = Gen.Int[1, 4].Select(n => new Sku($"S{n}"));

    private static readonly Gen<decimal> AnyPrice = Gen.Int[-1, 500_000].Select(n => n / 1_000m);

    private static readonly Gen<int> AnyQuantity = Gen.Frequency((8, Gen.Int[1, 50]), (1, Gen.Int[-1, 0]), (1, Gen.Int[999_990, 1_000_001]));

    private static readonly Gen<string?> AnyId = Gen.Frequency((3, Gen.Int[0, 0].Select(_ => (string?)null)), (1, Gen.Int[1, 5].Select(n => (string?)$"l{n}")), (1, AnySku.Select(s => (string?)s.Value)));

    private static readonly Gen<NewLine> AnyLine =
        Gen.Select(AnyId, AnySku, AnyQuantity, AnyPrice, Gen.Bool, (id, sku, quantity, price, isFixed) => new NewLine(id, sku, sku.Value, quantity, Pounds(price), isFixed));

    private static readonly Gen<ImmutableDictionary<Sku, UnitPrice>> AnyPrices =
        Gen.Select(AnySku, AnyPrice).List[0, 3].Select(all => all.Aggregate(None, (prices, x) => prices.SetItem(x.Item1, Pounds(x.Item2))));

    private static readonly Gen<CartView> AnyOther = AnyLine.List[0, 4].Select(lines =>
        Fold(Cart.Unknown, Opened) is var cart && cart.Add([.. lines]) is { Ok: true } added ? Fold(cart, [.. added.Value.Items]).View(1) : Holding());

    private static readonly Gen<Command> Change = Gen.OneOf(
        AnyLine.List[1, 4].Select(lines => (Command)(cart => cart.Add([.. lines]))),
        Gen.Select(AnyId, AnyQuantity, (id, quantity) => (Command)(cart => cart.SetQuantity(id ?? "", quantity, null, 0))),
        AnyId.Select(id => (Command)(cart => cart.Remove(id ?? "", null, 0))),
        AnyPrices.Select(prices => (Command)(cart => cart.Quote(prices))),
        Gen.Select(Gen.Int[2, 4], AnyOther, (from, other) => (Command)(cart => cart.Merge(Id, new($"cart-{from}"), other))));

    private static readonly Gen<Command> Settling = Gen.OneOf(
        Gen.Select(Gen.Int[1, 6], Gen.Bool, (key, hash) => (Command)(cart => cart.Freeze(Id, $"k{key}", hash ? cart.Lines.QuoteHash(Currency.GBP) : null, None, Now))),
        Gen.Int[1, 3].Select(attempt => (Command)(cart => cart.Thaw(Attempt(attempt)))),
        Gen.Int[1, 3].Select(attempt => (Command)(cart => cart.Abandon(Attempt(attempt)))),
        Gen.Int[2, 8].Select(attempt => (Command)(cart => cart.Ordered(Attempt(attempt)))));      // seldom the live one: it ends the story

    private static readonly Gen<List<Command>> Story = Gen.Frequency((4, Change), (2, Settling)).List[0, 25];

    [Fact]
    public void A_line_never_has_less_than_one_unit_or_more_than_a_million_and_no_two_share_an_id() =>
        Along(Story, (_, _, after) =>
        {
            after.Lines.Items.ShouldAllBe(line => line.Quantity >= 1 && line.Quantity <= CartErrors.MaxQuantity);
            after.Lines.Items.Select(line => line.Id).ShouldBeUnique();
        });

    [Fact]
    public void The_total_is_the_sum_of_the_lines_to_the_minor_unit() =>
        Along(Story, (_, _, after) =>
        {
            // Told without Money: every line rounded by itself, half-up, in thousandths of a pound.
            var pence = after.Lines.Items.Sum(line => ((long)(line.UnitPrice.Amount * 1_000) * line.Quantity + 5) / 10);
            after.View(0).Total.ShouldBe(new Money(pence, Currency.GBP));
            pence.ShouldBeLessThanOrEqualTo(Money.OrderLimit);
        });

    [Fact]
    public void A_frozen_or_ordered_cart_does_not_change() =>
        Along(Story, (before, _, after) =>
        {
            if (before.Status is CartStatus.Frozen or CartStatus.Ordered) after.Lines.Items.ShouldBe(before.Lines.Items);
        });

    [Fact]
    public void Repeating_any_command_at_once_changes_nothing_or_is_refused_unless_it_adds_up() =>
        Along(Gen.Frequency((4, Change), (2, Settling)).List[0, 25], (_, command, after) =>
        {
            var again = command(after);
            if (!again.Ok) return;
            again.Value.Items.ShouldAllBe(e => e is LinesPut);      // lines without an id add up: their idempotency is the command's key
        });

    [Fact]
    public void Pouring_the_same_cart_in_again_changes_nothing_whatever_happened_in_between() =>
        Gen.Select(AnyOther, Story).Sample((other, story) =>
        {
            var cart = Fold(Fold(Cart.Unknown, Opened), new CartMerged(Family(Other), other.Lines));
            foreach (var command in story) cart = Carry(cart, command);
            var again = cart.Merge(Id, Other, other);
            again.Ok.ShouldBeTrue();
            again.Value.Items.ShouldBeEmpty();
        });

    [Fact]
    public void There_is_one_live_order_at_most_and_a_key_never_stands_for_two_placed_orders() =>
        Along(Story, (before, _, after) =>
        {
            (after.Order is not null).ShouldBe(after.Status is CartStatus.Frozen or CartStatus.Ordered);
            if (before.Order is { } live && after.Order is { } now) now.ShouldBe(live);
            if (after.Order is { } order) order.ShouldBe(Attempt(after.Attempts));
            foreach (var (key, made) in before.Checkouts)
            {
                if (after.Checkouts.TryGetValue(key, out var still)) still.ShouldBe(made);
            }
        });

    [Fact]
    public void A_snapshot_reads_back_as_it_was() =>
        Along(Story, (_, _, after) =>
        {
            var json = JsonSerializer.Serialize(after, EventTypes.Json);
            var back = JsonSerializer.Deserialize<Cart>(json, EventTypes.Json)!;
            JsonSerializer.Serialize(back, EventTypes.Json).ShouldBe(json);
            (back with { Lines = after.Lines, Merged = after.Merged, Checkouts = after.Checkouts }).ShouldBe(after);
            back.Lines.Items.ShouldBe(after.Lines.Items);
            back.Merged.ShouldBe(after.Merged, ignoreOrder: true);
            back.Checkouts.ShouldBe(after.Checkouts, ignoreOrder: true);
        });

    private static void Along(Gen<List<Command>> stories, Action<Cart, Command, Cart> holds) =>
        stories.Sample(story =>
        {
            var cart = Fold(Cart.Unknown, Opened);
            foreach (var command in story)
            {
                var before = cart;
                cart = Carry(cart, command);
                holds(before, command, cart);
            }
        });

    private static Cart Carry(Cart cart, Command command) => command(cart) is { Ok: true } decided ? Fold(cart, [.. decided.Value.Items]) : cart;

    private static Cart Fold(Cart cart, params ReadOnlySpan<CartEvent> events)
    {
        foreach (var e in events) cart = cart.Evolve(e);
        return cart;
    }
}
