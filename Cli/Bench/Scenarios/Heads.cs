using System.Diagnostics;
using Commerce.Cli.Bench.Load;
using Commerce.Cli.Bench.Sides;
using Npgsql;

namespace Commerce.Cli.Bench.Scenarios;

/// <summary>Looks, as often as it can, at where the order journal ends and how far analytics has come; both are read from their databases by one clock, ours.</summary>
internal sealed class Heads : IAsyncDisposable
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(5);

    private readonly NpgsqlConnection _journal, _analytics;
    private readonly List<(long At, long Head)> _heads = [];
    private readonly List<(long At, long Applied)> _applied = [];

    private Heads(NpgsqlConnection journal, NpgsqlConnection analytics) => (_journal, _analytics) = (journal, analytics);

    public static async Task<Heads> Open(Lab lab, CancellationToken cancel)
    {
        var heads = new Heads(Connection(lab, "order"), Connection(lab, "analytics"));
        await heads._journal.OpenAsync(cancel);
        await heads._analytics.OpenAsync(cancel);
        return heads;
    }

    public async Task<long> Head() => await Number(_journal, "select position from log_head");

    public async Task<long> Applied() => await Number(_analytics, "select coalesce(max(position), 0) from feed_cursor where service = 'order'");

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
        await _journal.DisposeAsync();
        await _analytics.DisposeAsync();
    }

    private static NpgsqlConnection Connection(Lab lab, string service) => new(lab.Connections.Postgres.Logins[service].ConnectionString + ";Pooling=false;Max Auto Prepare=4;Auto Prepare Min Usages=1");

    private static async Task<long> Number(NpgsqlConnection connection, string sql)
    {
#pragma warning disable CA2100 // constants of this program
        await using var command = new NpgsqlCommand(sql, connection);
#pragma warning restore CA2100
        return (long)(await command.ExecuteScalarAsync())!;
    }
}
