using System.Threading.Channels;

namespace Commerce.Silo.Journal.Postgres;

/// <summary>
/// Carries out what many callers want of a database together: what piles up while one statement runs goes with the next, in one round trip and, where it writes, one fsync. Who finds
/// it idle does not wait (<see cref="Pace"/>). Every caller gets an answer or the exception of the statement its item travelled with.
/// </summary>
/// <typeparam name="TItem">What a caller wants written or read.</typeparam>
/// <typeparam name="TAnswer">What comes of it.</typeparam>
/// <param name="most">Most items of one statement.</param>
/// <param name="atOnce">Most statements at once. Of writes one, so that they never wait for each other's rows; of reads some, so that a long one holds up no others.</param>
/// <param name="execute">Executes a batch; answers as many, in the same order.</param>
internal sealed class Together<TItem, TAnswer>(int most, int atOnce, Func<IReadOnlyList<TItem>, Task<IReadOnlyList<TAnswer>>> execute)
{
    private readonly Channel<(TItem Item, TaskCompletionSource<TAnswer> Answer)> _waiting =
        Channel.CreateUnbounded<(TItem, TaskCompletionSource<TAnswer>)>();

    private readonly Turn[] _turns = [.. Enumerable.Range(0, atOnce).Select(static _ => new Turn())];

    /// <summary>Hands an item over and waits for its answer.</summary>
    public Task<TAnswer> Do(TItem item)
    {
        var answer = new TaskCompletionSource<TAnswer>(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiting.Writer.TryWrite((item, answer));
        if (Array.Find(_turns, static turn => turn.Begins()) is { } free)
        {
            // It works for all callers: neither a grain's scheduler nor a request's context goes with it.
            using var _ = ExecutionContext.SuppressFlow();
            Task.Run(() => Run(free));
        }

        return answer.Task;
    }

    private async Task Run(Turn turn)
    {
        do
        {
            while (_waiting.Reader.TryPeek(out _))
            {
                await turn.Pace.Next().ConfigureAwait(false);
                // Another turn may have taken them meanwhile.
                if (Take() is { Count: > 0 } batch) await Execute(batch).ConfigureAwait(false);
            }

            turn.Ends();
        }
        while (_waiting.Reader.TryPeek(out _) && turn.Begins());
    }

    private List<(TItem Item, TaskCompletionSource<TAnswer> Answer)> Take()
    {
        var batch = new List<(TItem, TaskCompletionSource<TAnswer>)>();
        while (batch.Count < most && _waiting.Reader.TryRead(out var next)) batch.Add(next);
        return batch;
    }

    // One statement after another.
    private sealed class Turn
    {
        private int _running;

        public Pace Pace { get; } = new(TimeProvider.System);

        public bool Begins() => Interlocked.CompareExchange(ref _running, 1, 0) == 0;

        // A full fence: whoever ends looks for items after this, and a look that overtook the write would miss an item whose caller still found the turn running.
        public void Ends() => Interlocked.Exchange(ref _running, 0);
    }

    private async Task Execute(List<(TItem Item, TaskCompletionSource<TAnswer> Answer)> batch)
    {
        try
        {
            var answers = await execute([.. batch.Select(waiting => waiting.Item)]).ConfigureAwait(false);
            for (var i = 0; i < batch.Count; i++) batch[i].Answer.TrySetResult(answers[i]);
        }
        catch (Exception failure) when (batch.Count > 1 && PostgresFaults.IsAboutData(failure))
        {
            // What one of them holds must not take the others with it: each is tried by itself.
            foreach (var waiting in batch) await Execute([waiting]).ConfigureAwait(false);
        }
        catch (Exception failure)
        {
            foreach (var waiting in batch) waiting.Answer.TrySetException(failure);
        }
    }
}
