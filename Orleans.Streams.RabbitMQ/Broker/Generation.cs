using RabbitMQ.Client;

namespace Orleans.Streams.RabbitMQ.Broker;

/// <summary>One connection, the number it goes by and the fingerprint of the credentials and certificates it was opened with.</summary>
internal sealed record Generation(long Number, IConnection Connection, string Fingerprint)
{
    public Task Close() => Close(Connection);

    /// <summary>Closes politely for two seconds, then anyway. Never fails.</summary>
    public static async Task Close(IConnection connection)
    {
        try
        {
            await connection.CloseAsync(Constants.ReplySuccess, "done", TimeSpan.FromSeconds(2), abort: true);
        }
        catch (Exception)
        {
            // A connection that cannot even be aborted is gone.
        }

        try
        {
            await connection.DisposeAsync();
        }
        catch (Exception)
        {
            // As above.
        }
    }
}
