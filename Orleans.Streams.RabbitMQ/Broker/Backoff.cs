namespace Orleans.Streams.RabbitMQ.Broker;

/// <summary>The pause after an attempt that failed. It doubles while attempts go on failing, from <c>ReconnectDelay</c> to <c>MaxReconnectDelay</c>.</summary>
internal sealed class Backoff(RabbitMqStreamOptions options, TimeProvider time)
{
    private long _notBefore;

    /// <summary>The pause after the last attempt; zero when that succeeded, or there was none.</summary>
    public TimeSpan Pause { get; private set; }

    /// <summary>Whether the pause is not over yet.</summary>
    public bool IsOn => time.GetTimestamp() < _notBefore;

    public void Succeeded() => Pause = default;

    public void Failed()
    {
        Pause = Pause == default ? options.ReconnectDelay : TimeSpan.FromTicks(Math.Min(Pause.Ticks * 2, options.MaxReconnectDelay.Ticks));
        _notBefore = time.GetTimestamp() + (long)(Pause.TotalSeconds * time.TimestampFrequency);
    }
}
