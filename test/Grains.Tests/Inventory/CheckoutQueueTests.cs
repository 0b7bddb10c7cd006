using CsCheck;

namespace Commerce.Inventory;

public sealed class CheckoutQueueTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    private readonly List<string> _turned = [];
    private readonly CheckoutQueue _queue;

    public CheckoutQueueTests() => _queue = new(_turned.Add);

    [Fact]
    public void As_many_as_go_abreast_do_not_wait_and_the_next_ones_are_numbered()
    {
        Fill();

        _queue.Enter("first", Start).ShouldBe(1);
        _queue.Enter("second", Start).ShouldBe(2);
        _queue.Enter("first", Start).ShouldBe(1);
    }

    [Fact]
    public void Who_leaves_lets_the_next_one_have_their_turn()
    {
        Fill();
        _queue.Enter("first", Start);
        _queue.Enter("second", Start);

        _queue.Leave("early-0", Start);

        _turned[^1].ShouldBe("first");
        (_queue.Enter("first", Start), _queue.Enter("second", Start)).ShouldBe((0, 1));
        _queue.Leave("early-0", Start);
        _queue.Enter("second", Start).ShouldBe(1);
    }

    [Fact]
    public void Who_gives_up_their_place_is_passed_over()
    {
        Fill();
        _queue.Enter("first", Start);
        _queue.Enter("second", Start);

        _queue.Leave("first", Start);
        _queue.Leave("early-0", Start);

        _turned.ShouldNotContain("first");
        _queue.Enter("second", Start).ShouldBe(0);
    }

    [Fact]
    public void Who_is_silent_when_their_turn_comes_is_passed_over_and_begins_anew()
    {
        Fill();
        _queue.Enter("silent", Start);
        _queue.Enter("there", Start);
        var later = Start + CheckoutQueueTerms.Kept;
        _queue.Enter("there", later - TimeSpan.FromTicks(1));

        _queue.Leave("early-0", later);

        _turned[^1].ShouldBe("there");
        _queue.Enter("late", later);
        _queue.Enter("silent", later).ShouldBe(0, "their old turns have lapsed by now");
    }

    [Fact]
    public void A_turn_whose_owner_is_gone_lapses()
    {
        Fill();
        _queue.Enter("waiting", Start).ShouldBe(1);

        _queue.Enter("waiting", Start + CheckoutQueueTerms.Kept - TimeSpan.FromTicks(1)).ShouldBe(1);
        _queue.Enter("waiting", Start + CheckoutQueueTerms.Kept).ShouldBe(0);
    }

    [Fact]
    public void Turns_come_in_the_order_of_arrival_and_positions_never_rise() =>
        Gen.Select(Gen.Int[0, 2], Gen.Int[0, 600]).Array[50, 400].Sample(steps =>
        {
            var (order, turned, left, seen) = (new List<string>(), new List<string>(), new HashSet<string>(), new Dictionary<string, int>());
            var queue = new CheckoutQueue(turned.Add);
            for (var i = 0; i < CheckoutQueueTerms.Abreast; i++) queue.Enter(Come($"early-{i}"), Start);
            foreach (var (step, who) in steps)
            {
                var cart = $"{(who < CheckoutQueueTerms.Abreast ? "early" : "late")}-{who}";
                if (step == 0)
                {
                    queue.Leave(cart, Start);
                    if (order.Contains(cart)) left.Add(cart);
                }
                else if (!left.Contains(cart))
                {
                    if (!order.Contains(cart)) Come(cart);
                    var position = queue.Enter(cart, Start);
                    position.ShouldBeLessThanOrEqualTo(seen.GetValueOrDefault(cart, int.MaxValue));
                    seen[cart] = position;
                }
            }

            // Nobody else came between those who have had their turn, but who has left.
            turned.ShouldBe(order.Where(cart => turned.Contains(cart)));
            order.TakeWhile(cart => cart != turned[^1]).Where(cart => !turned.Contains(cart)).ShouldAllBe(cart => left.Contains(cart));
            turned.Count(cart => !left.Contains(cart)).ShouldBeLessThanOrEqualTo(CheckoutQueueTerms.Abreast);

            string Come(string cart)
            {
                order.Add(cart);
                return cart;
            }
        }, iter: 200);

    private void Fill()
    {
        for (var i = 0; i < CheckoutQueueTerms.Abreast; i++) _queue.Enter($"early-{i}", Start).ShouldBe(0);
    }
}
