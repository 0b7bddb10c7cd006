using System.Text;
using Orleans.Streams.RabbitMQ.Tests.Setup;
using RabbitMQ.Client;

namespace Orleans.Streams.RabbitMQ.Tests.Faults;

/// <summary>Looks at the broker from outside the provider.</summary>
internal sealed class Admin : IAsyncDisposable
{
    private readonly IConnection _connection;
    private readonly IChannel _channel;

    private Admin(IConnection connection, IChannel channel) => (_connection, _channel) = (connection, channel);

    public IChannel Channel => _channel;

    public static async Task<Admin> Connect(int port)
    {
        var connection = await new ConnectionFactory { HostName = "127.0.0.1", Port = port, UserName = "kit", Password = "kit" }.CreateConnectionAsync();
        return new Admin(connection, await connection.CreateChannelAsync());
    }

    /// <summary>Waits until a queue's ready messages meet a named condition.</summary>
    public Task UntilReady(string name, string queue, Func<uint, bool> condition, int seconds = Patience.Seconds) =>
        Until.Holds(name, async () => condition(await _channel.MessageCountAsync(queue)), seconds);

    public async Task<IReadOnlyDictionary<string, string>> PeekHeaders(string queue)
    {
        var letter = await _channel.BasicGetAsync(queue, autoAck: false) ?? throw new InvalidOperationException($"{queue} is empty.");
        await _channel.BasicNackAsync(letter.DeliveryTag, multiple: false, requeue: true);
        await UntilReady("the letter is back in its queue", queue, n => n > 0);
        return letter.BasicProperties.Headers!.Where(h => h.Value is byte[]).ToDictionary(h => h.Key, h => Encoding.UTF8.GetString((byte[])h.Value!));
    }

    public async ValueTask DisposeAsync()
    {
        await _channel.DisposeAsync();
        await _connection.DisposeAsync();
    }
}

internal static class Until
{
    /// <summary>Asks until a named condition holds: for what nobody announces.</summary>
    public static async Task Holds(string name, Func<Task<bool>> condition, int seconds = Patience.Seconds)
    {
        var limit = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            if (TimeProvider.System.GetElapsedTime(limit) > TimeSpan.FromSeconds(seconds))
                throw new TimeoutException($"Not within {seconds} s: {name}.");
            await Task.Delay(20);
        }
    }
}
