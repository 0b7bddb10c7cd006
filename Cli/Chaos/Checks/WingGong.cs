using System.Numerics;

namespace Commerce.Linearizability;

/// <summary>One call as its caller saw it.</summary>
/// <param name="Input">What was asked.</param>
/// <param name="Output">What was answered; without meaning while <paramref name="Returned"/> is null.</param>
/// <param name="Invoked">When it was asked: a number that rises with every call and every answer of the history.</param>
/// <param name="Returned">When it was answered; null when nobody knows how it ended. Then it may take effect at any time after, or never.</param>
public sealed record Operation<TInput, TOutput>(TInput Input, TOutput? Output, long Invoked, long? Returned);

/// <summary>
/// Looks for an order of all operations in which each takes effect at one moment between its call and its answer, and in which the answers are those of a
/// sequential object (Wing and Gong 1993; what was tried in vain is remembered, as Lowe suggests).
/// </summary>
public static class WingGong
{
    /// <param name="history">The operations of one object.</param>
    /// <param name="initial">The object's state before them; compared by value.</param>
    /// <param name="apply">What an operation does to a state, and what it answers.</param>
    public static bool IsLinearizable<TState, TInput, TOutput>(
        IReadOnlyCollection<Operation<TInput, TOutput>> history, TState initial, Func<TState, TInput, (TState Next, TOutput Output)> apply)
    {
        var operations = history.OrderBy(operation => operation.Invoked).ToArray();
        return Search(BigInteger.Zero, initial);

        bool Search(BigInteger start, TState from)
        {
            // An explicit stack: a long history would be too deep for the thread's own.
            var tried = new HashSet<(BigInteger, TState)>();
            var open = new Stack<(BigInteger Done, TState State)>();
            open.Push((start, from));
            while (open.TryPop(out var at))
            {
                if (!tried.Add(at)) continue;
                var earliest = long.MaxValue;
                var complete = true;
                for (var i = 0; i < operations.Length; i++)
                {
                    if (Has(at.Done, i) || operations[i].Returned is not { } returned) continue;
                    complete = false;
                    earliest = Math.Min(earliest, returned);
                }

                if (complete) return true;

                // Whatever was called before the earliest pending answer may be next.
                for (var i = 0; i < operations.Length && operations[i].Invoked < earliest; i++)
                {
                    if (Has(at.Done, i)) continue;
                    var (next, output) = apply(at.State, operations[i].Input);
                    if (operations[i].Returned is null || EqualityComparer<TOutput>.Default.Equals(output, operations[i].Output))
                        open.Push((at.Done | (BigInteger.One << i), next));
                }
            }

            return false;
        }
    }

    private static bool Has(BigInteger set, int i) => !((set >> i) & BigInteger.One).IsZero;
}
