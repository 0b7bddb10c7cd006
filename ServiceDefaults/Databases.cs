using System.Net.Sockets;
using Microsoft.Extensions.Configuration;
using Npgsql;

namespace Commerce.ServiceDefaults;

/// <summary>The PostgreSQL servers a process is told of.</summary>
internal static class Databases
{
    private static readonly TimeSpan AskEvery = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Returns once every database lets this process in. A server that is away is said once, by name, and waited for: a program that gave up would only be started again, and
    /// fill its log with the same.
    /// </summary>
    /// <exception cref="SettingsException">A connection is refused, and will be: the message names its setting.</exception>
    public static async Task Answer(IConfiguration configuration, TextWriter say)
    {
        var told = new HashSet<(string?, int)>();
        foreach (var (setting, server) in ConnectionsIn(configuration))
        {
            var waited = false;
            while (await AwayFor(setting, server) is { } reason)
            {
                if (told.Add((server.Host, server.Port)))
                {
                    await say.WriteLineAsync($"PostgreSQL at {server.Host}:{server.Port} is away ({reason}); waiting for it.");
                    waited = true;
                }

                await Task.Delay(AskEvery);
            }

            if (waited) await say.WriteLineAsync($"PostgreSQL at {server.Host}:{server.Port} answers; starting.");
        }
    }

    /// <summary>Which server a failure is about, in a sentence; null when it is not about one that is away.</summary>
    public static string? Away(Exception failure) => CausesOf(failure).OfType<NpgsqlException>().FirstOrDefault(IsAway) is { } away ? $"PostgreSQL is away ({Reason(away)})." : null;

    private static IEnumerable<(string Setting, NpgsqlConnectionStringBuilder Server)> ConnectionsIn(IConfiguration configuration) => configuration.GetSection("ConnectionStrings").GetChildren()
        // What is left empty is not there: a shop may run without a broker.
        .Where(connection => connection.Value is { Length: > 0 } value && !value.StartsWith("amqp", StringComparison.Ordinal)).Select(connection => ($"ConnectionStrings__{connection.Key}", Parse(connection)));

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

    private static async Task<string?> AwayFor(string setting, NpgsqlConnectionStringBuilder server)
    {
        try
        {
            await using var connection = new NpgsqlConnection(server.ToString());
            await connection.OpenAsync();
            return null;
        }
        // Of several servers none may be the one that is wanted just now.
        catch (Exception away) when (IsAway(away) || (server.Host?.Contains(',', StringComparison.Ordinal) is true && away is NpgsqlException { InnerException: null } and not PostgresException))
        {
            return Reason(away);
        }
        catch (Exception refused)
        {
            throw new SettingsException($"{setting} is of no use: {(refused is PostgresException answered ? answered.MessageText : CausesOf(refused).Last().Message).TrimEnd('.')}.", refused);
        }
    }

    // A server that starts, stops or has no room answers so itself; one that is not there is no answer at all. Anything else is about us. (A file that is not there is an IOException, too: a certificate.)
    private static bool IsAway(Exception failure)
    {
        var causes = CausesOf(failure);
        var answers = causes.OfType<PostgresException>().ToList();
        return answers.Count > 0
            ? answers.TrueForAll(answer => answer.SqlState is "57P01" or "57P02" or "57P03" or "53300")
            : causes.Exists(cause => cause is SocketException or TimeoutException or IOException and not (FileNotFoundException or DirectoryNotFoundException));
    }

    // From the outermost inwards.
    private static List<Exception> CausesOf(Exception failure)
    {
        var causes = new List<Exception>();
        for (var queue = new Queue<Exception>([failure]); queue.TryDequeue(out var cause); causes.Add(cause))
            foreach (var inner in cause is AggregateException many ? many.InnerExceptions : cause.InnerException is { } one ? [one] : (IEnumerable<Exception>)[]) queue.Enqueue(inner);
        return causes;
    }

    private static string Reason(Exception away) => away switch
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
