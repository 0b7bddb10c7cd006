using System.Diagnostics;
using Commerce.Analytics.ReadModels;
using Commerce.Cli.Bench.Load;
using Commerce.Cli.Bench.Sides;
using Npgsql;

namespace Commerce.Cli.Bench.Scenarios;

/// <summary>
/// Looks, as often as it can, at where the journals end that analytics reads and how far it has come; all are read from their databases by one clock, ours. Lag is
/// told by the orders alone.
/// </summary>
internal sealed class Heads : IAsyncDisposable
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(5);

    private readonly NpgsqlConnection _analytics;
    private readonly IReadOnlyDictionary<string, NpgsqlConnection> _journals;
    private readonly List<(long At, long Head)> _heads = [];
    private readonly List<(long At, long Applied)> _applied = [];

    private Heads(IReadOnlyDictionary<string, NpgsqlConnection> journals, NpgsqlConnection analytics) => (_journals, _analytics) = (journals, analytics);

    public static async Task<Heads> Open(Lab lab, CancellationToken cancel)
    {
        var heads = new Heads(ProjectionFold.Services.ToDictionary(service => service, service => Connection(lab, service)), Connection(lab, "analytics"));
        foreach (var connection in heads.Connections) await connection.OpenAsync(cancel);
        return heads;
    }

    /// <summary>Where the order journal ends.</summary>
    public Task<long> Head() => Head("order");

    /// <summary>How many orders' events were applied.</summary>
    public Task<long> Applied() => Number(_analytics, "select coalesce(max(position), 0) from feed_cursor where service = 'order'");

    /// <summary>How many events there are for analytics to read, of all services.</summary>
    public async Task<long> All()
    {
        var all = 0L;
        foreach (var service in _journals.Keys) all += await Head(service);
        return all;
    }

    /// <summary>How many of them were applied.</summary>
    public Task<long> AllApplied() => Number(_analytics, "select cast(coalesce(sum(position), 0) as bigint) from feed_cursor");

    /// <summary>Looks until it is cancelled.</summary>
    public async Task Watch(CancellationToken cancel)
    {
        while (!cancel.IsCancellationRequested)
        {
            // Applied first: what it misses makes the lag look longer, never shorter.
            _applied.Add((Stopwatch.GetTimestamp(), await Applied()));
            _heads.Add((Stopwatch.GetTimestamp(), await Head()));
            await Task.Delay(Look, CancellationToken.None);
        }
    }

    /// <summary>How long each head that was seen took to be applied; those that were never seen applied are left out, and counted.</summary>
    public (Latencies Lags, int Never) Lags() => LagsOf(_heads, _applied);

    internal static (Latencies Lags, int Never) LagsOf(IReadOnlyList<(long At, long Head)> heads, IReadOnlyList<(long At, long Applied)> applied)
    {
        var (lags, never, next) = (new Latencies(), 0, 0);
        foreach (var (at, head) in heads)
        {
            while (next < applied.Count && applied[next].Applied < head) next++;
            if (next == applied.Count) never++;
            else lags.Add(Math.Max(0, (applied[next].At - at) * 1_000_000 / Stopwatch.Frequency));
        }

        return (lags, never);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var connection in Connections) await connection.DisposeAsync();
    }

    private IEnumerable<NpgsqlConnection> Connections => _journals.Values.Append(_analytics);

    private Task<long> Head(string service) => Number(_journals[service], "select position from log_head");

    private static NpgsqlConnection Connection(Lab lab, string service) => new(lab.Connections.Postgres.Logins[service].ConnectionString + ";Pooling=false;Max Auto Prepare=4;Auto Prepare Min Usages=1");

    private static async Task<long> Number(NpgsqlConnection connection, string sql)
    {
#pragma warning disable CA2100 // constants of this program
        await using var command = new NpgsqlCommand(sql, connection);
#pragma warning restore CA2100
        return (long)(await command.ExecuteScalarAsync())!;
    }
}
