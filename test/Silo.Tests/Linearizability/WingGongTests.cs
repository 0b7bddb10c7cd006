using Commerce.Linearizability;
using CsCheck;

namespace Commerce.Silo.Tests.Linearizability;

/// <summary>The checker itself: what it lets through and, above all, what it catches. The object is a counter from which one takes.</summary>
public sealed class WingGongTests
{
    [Fact]
    public void One_after_the_other_in_order_is_fine() => Check(2, Took(0, 1, true), Took(2, 3, true), Took(4, 5, false)).ShouldBeTrue();

    [Fact]
    public void Calls_at_once_may_take_effect_in_either_order() => Check(1, Took(0, 3, false), Took(1, 2, true)).ShouldBeTrue();

    [Fact]
    public void The_last_one_sold_twice_is_caught() => Check(1, Took(0, 2, true), Took(1, 3, true)).ShouldBeFalse();

    [Fact]
    public void An_answer_from_the_past_is_caught() => Check(1, Took(0, 1, true), Looked(2, 3, 1)).ShouldBeFalse();

    [Fact]
    public void A_refusal_before_there_was_a_reason_is_caught() => Check(1, Took(0, 1, false), Took(2, 3, true)).ShouldBeFalse();

    [Fact]
    public void What_nobody_knows_may_have_happened_or_not_and_late()
    {
        Check(1, Lost(0), Looked(1, 2, 1)).ShouldBeTrue();
        Check(1, Lost(0), Looked(1, 2, 0)).ShouldBeTrue();
        Check(1, Lost(0), Looked(1, 2, 1), Looked(3, 4, 0)).ShouldBeTrue();
        Check(1, Lost(0), Looked(1, 2, 0), Looked(3, 4, 1)).ShouldBeFalse();
        Check(1, Looked(0, 1, 0), Lost(2)).ShouldBeFalse();
    }

    [Fact]
    public void Whatever_a_real_object_answers_passes_and_the_same_with_one_answer_changed_does_not() =>
        Gen.Select(Gen.Int[1, 6], Gen.Bool.Array[1, 20], Gen.Int[0, 19]).Sample((stock, asks, change) =>
        {
            // One at a time, so there is exactly one order.
            var (left, history) = (stock, new List<Operation<bool, int>>());
            foreach (var take in asks)
            {
                var (next, answer) = Apply(left, take);
                history.Add(new(take, answer, history.Count * 2, (history.Count * 2) + 1));
                left = next;
            }

            WingGong.IsLinearizable(history, stock, Apply).ShouldBeTrue();
            var wrong = change % history.Count;
            history[wrong] = history[wrong] with { Output = history[wrong].Output + 1000 };
            WingGong.IsLinearizable(history, stock, Apply).ShouldBeFalse();
        });

    private static bool Check(int stock, params Operation<bool, int>[] history) => WingGong.IsLinearizable(history, stock, Apply);

    // Takes one, answering 1, or −1 when there is none; or looks how many there are.
    private static (int Next, int Output) Apply(int left, bool take) => !take ? (left, left) : left > 0 ? (left - 1, 1) : (left, -1);

    private static Operation<bool, int> Took(long invoked, long returned, bool got) => new(true, got ? 1 : -1, invoked, returned);

    private static Operation<bool, int> Looked(long invoked, long returned, int saw) => new(false, saw, invoked, returned);

    private static Operation<bool, int> Lost(long invoked) => new(true, 0, invoked, null);
}
