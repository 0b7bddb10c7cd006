namespace Orleans.Streams.RabbitMQ.Tests.Setup;

/// <summary>How long a wait for something that must happen may take: for a slow and loaded machine. Nothing passes by this time running out.</summary>
public static class Patience
{
    public const int Seconds = 120;
}

/// <summary>Those who wait for conditions on something, looked at whenever it changes.</summary>
internal sealed class Waiting
{
    private readonly Lock _gate = new();
    private readonly List<(Func<bool> Condition, TaskCompletionSource Met)> _waiting = [];

    /// <summary>Something has changed.</summary>
    public void Look()
    {
        lock (_gate)
            _waiting.RemoveAll(w => w.Condition() && w.Met.TrySetResult());
    }

    /// <summary>Waits until a condition holds; <paramref name="failure"/> says which did not, and what there was instead.</summary>
    public async Task Until(Func<bool> condition, int seconds, Func<string> failure)
    {
        var met = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            if (condition())
                return;
            _waiting.Add((condition, met));
        }

        try
        {
            await met.Task.WaitAsync(TimeSpan.FromSeconds(seconds));
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"Not within {seconds} s: {failure()}");
        }
    }
}
