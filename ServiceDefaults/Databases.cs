using System.Net.Sockets;
using Microsoft.Extensions.Configuration;
using Npgsql;

namespace Commerce.ServiceDefaults;

/// <summary>The PostgreSQL servers a process is told of.</summary>
internal static class Databases
{
    private static readonly TimeSpan AskEvery = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Returns once every server answers. One that is away is said once, by name, and waited for: a program that gave up would only be started again, and
    /// fill its log with the same.
    /// </summary>
    /// <exception cref="SettingsException">A server is there and refuses the login.</exception>
    public static async Task Answer(IConfiguration configuration, TextWriter say)
    {
        foreach (var server in ServersIn(configuration))
        {
            var waited = false;
            while (await AwayFor(server) is { } reason)
            {
                if (!waited) await say.WriteLineAsync($"PostgreSQL at {server.Host}:{server.Port} is away ({reason}); waiting for it.");
                waited = true;
                await Task.Delay(AskEvery);
            }

            if (waited) await say.WriteLineAsync($"PostgreSQL at {server.Host}:{server.Port} answers; starting.");
        }
    }

    /// <summary>Which server a failure is about, in a sentence; null when it is not about one that is away.</summary>
    public static string? Away(Exception failure)
    {
        var causes = new List<Exception>();
        for (var queue = new Queue<Exception>([failure]); queue.TryDequeue(out var cause); causes.Add(cause))
            foreach (var inner in cause is AggregateException many ? many.InnerExceptions : cause.InnerException is { } one ? [one] : (IEnumerable<Exception>)[]) queue.Enqueue(inner);
        return causes.OfType<NpgsqlException>().FirstOrDefault(IsAway) is { } away ? $"PostgreSQL is away ({Reason(away)})." : null;
    }

    private static IEnumerable<NpgsqlConnectionStringBuilder> ServersIn(IConfiguration configuration) => configuration.GetSection("ConnectionStrings").GetChildren()
        // What is left empty is not there: a shop may run without a broker.
        .Where(connection => connection.Value is { Length: > 0 } value && !value.StartsWith("amqp", StringComparison.Ordinal)).Select(Parse)
        .OrderBy(server => server.Database, StringComparer.Ordinal).DistinctBy(server => (server.Host, server.Port));

    private static NpgsqlConnectionStringBuilder Parse(IConfigurationSection connection)
    {
        try
        {
            return new NpgsqlConnectionStringBuilder(connection.Value) { Pooling = false, Timeout = 4, IncludeErrorDetail = false };
        }
        catch (ArgumentException)
        {
            throw new SettingsException($"ConnectionStrings__{connection.Key} is no connection string of PostgreSQL: Host=…;Database=…;Username=…;Password=…");
        }
    }

    private static async Task<string?> AwayFor(NpgsqlConnectionStringBuilder server)
    {
        try
        {
            await using var connection = new NpgsqlConnection(server.ToString());
            await connection.OpenAsync();
            return null;
        }
        catch (NpgsqlException away) when (IsAway(away))
        {
            return Reason(away);
        }
        catch (PostgresException refused)
        {
            throw new SettingsException($"PostgreSQL at {server.Host}:{server.Port} refuses {server.Username} for {server.Database}: {refused.MessageText}.");
        }
    }

    // A server that starts, stops or has no room answers so itself; anything else it answers is about us.
    private static bool IsAway(NpgsqlException failure) => failure is not PostgresException { SqlState: var state } || state is "57P01" or "57P02" or "57P03" or "53300";

    private static string Reason(NpgsqlException away) => away switch
    {
        PostgresException answered => answered.MessageText,
        { InnerException: SocketException socket } => socket.SocketErrorCode switch
        {
            SocketError.ConnectionRefused => "nobody listens there",
            SocketError.HostNotFound or SocketError.TryAgain or SocketError.NoData => "its name is not known",
            var error => error.ToString(),
        },
        { InnerException: TimeoutException } => "it does not answer in time",
        _ => "the connection was lost",
    };
}
