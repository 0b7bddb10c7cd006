using Commerce.Kernel;
using Orleans.Concurrency;

namespace Commerce.Inventory;

[GrainType("checkout-queue"), Role("inventory"), Reentrant]
internal sealed class CheckoutQueueGrain : Grain, ICheckoutQueueGrain
{
    private readonly Dictionary<string, Turn> _turns = new(StringComparer.Ordinal);
    private readonly CheckoutQueue _queue;
    private readonly TimeProvider _time;

    public CheckoutQueueGrain(TimeProvider time) => (_time, _queue) = (time, new CheckoutQueue(Turned));

    public async Task<int> Enter(string cart, TimeSpan patience)
    {
        if (_queue.Enter(cart, _time.GetUtcNow()) is var position && (position == 0 || patience <= TimeSpan.Zero)) return position;
        if (!_turns.TryGetValue(cart, out var turn)) _turns[cart] = turn = new();
        turn.Waiting++;
        using var enough = new CancellationTokenSource(patience, _time);
        await turn.Come.Task.WaitAsync(enough.Token).ConfigureAwait(ConfigureAwaitOptions.ContinueOnCapturedContext | ConfigureAwaitOptions.SuppressThrowing);
        if (--turn.Waiting == 0 && _turns.GetValueOrDefault(cart) == turn) _turns.Remove(cart);
        return _queue.Enter(cart, _time.GetUtcNow());
    }

    public Task Leave(string cart)
    {
        // Who still waits for it asks anew.
        Turned(cart);
        _queue.Leave(cart, _time.GetUtcNow());
        return Task.CompletedTask;
    }

    private void Turned(string cart)
    {
        if (_turns.Remove(cart, out var turn)) turn.Come.SetResult();
    }

    /// <summary>The turn of a cart, and how many of its requests wait for it: two tabs may, and one of them for longer.</summary>
    private sealed class Turn
    {
        public TaskCompletionSource Come { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public int Waiting { get; set; }
    }
}
