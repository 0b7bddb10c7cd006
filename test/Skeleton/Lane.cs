using System.Diagnostics;
using Npgsql;
using NpgsqlTypes;

namespace Commerce.Skeleton;

/// <summary>
/// Group commit as barely as it can be had: what piles up while a batch commits forms the next one, one statement and one fsync for all of it, a batch every
/// 4 ms at most as in the shop's lane. A fault ends the process: nobody would trust its figures.
/// </summary>
internal sealed class Lane(NpgsqlDataSource source)
{
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(4);

    private readonly Lock _gate = new();
    private List<Pending> _pending = [];
    private bool _running;
    private long _sent;
    private NpgsqlConnection? _connection;
    private NpgsqlCommand? _append;

    public Task Append(string stream, Guid expected, Guid last, byte[] data)
    {
        var pending = new Pending(stream, expected, last, data, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        lock (_gate)
        {
            _pending.Add(pending);
            if (!_running) _ = Task.Run(Run);
            _running = true;
        }

        return pending.Durable.Task;
    }

    private async Task Run()
    {
        try
        {
            while (true)
            {
                if (Stopwatch.GetElapsedTime(_sent) is var since && since < Pace) await Task.Delay(Pace - since);
                List<Pending> batch;
                lock (_gate)
                {
                    if (!(_running = _pending.Count > 0)) return;
                    (batch, _pending) = (_pending, []);
                }

                _sent = Stopwatch.GetTimestamp();
                await Commit(batch);
                foreach (var pending in batch) pending.Durable.SetResult();
            }
        }
        catch (Exception fault)
        {
            Environment.FailFast("The skeleton's journal failed.", fault);
        }
    }

    private async Task Commit(List<Pending> batch)
    {
        var append = _append ??= await Prepare();
        var runs = new Dictionary<string, (Guid Expected, Guid Last)>(batch.Count, StringComparer.Ordinal);
        var frame = new byte[batch.Sum(pending => 16 + pending.Data.Length)];
        var at = 0;
        foreach (var (stream, expected, last, data, _) in batch)
        {
            runs[stream] = (runs.TryGetValue(stream, out var run) ? run.Expected : expected, last);
            last.TryWriteBytes(frame.AsSpan(at));
            data.CopyTo(frame, at + 16);
            at += 16 + data.Length;
        }

        append.Parameters[0].Value = batch.Count;
        append.Parameters[1].Value = runs.Keys.ToArray();
        append.Parameters[2].Value = runs.Values.Select(run => run.Expected).ToArray();
        append.Parameters[3].Value = runs.Values.Select(run => run.Last).ToArray();
        append.Parameters[4].Value = frame;
        await append.ExecuteScalarAsync();
    }

    private async Task<NpgsqlCommand> Prepare()
    {
        _connection = await source.OpenConnectionAsync();
        var append = new NpgsqlCommand("select append_frame($1, $2, $3, $4, $5)", _connection);
        append.Parameters.Add(new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Integer });
        append.Parameters.Add(new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text });
        append.Parameters.Add(new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Uuid });
        append.Parameters.Add(new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Uuid });
        append.Parameters.Add(new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Bytea });
        await append.PrepareAsync();
        return append;
    }

    private sealed record Pending(string Stream, Guid Expected, Guid Last, byte[] Data, TaskCompletionSource Durable);
}

/// <summary>A lane per service, each with a database of its own, as the shop has them.</summary>
internal sealed class Lanes(Shape shape, Func<string, string> connectionTo)
{
    public static readonly IReadOnlyList<string> Services = ["cart", "inventory", "order", "payment"];

    private readonly Dictionary<string, Lane> _lanes = Services.ToDictionary(service => service, service => new Lane(NpgsqlDataSource.Create(connectionTo(service))), StringComparer.Ordinal);

    public Shape Shape => shape;

    public Lane Of(string service) => _lanes[service];

    public static async Task CreateSchema(string connection)
    {
        await using var source = NpgsqlDataSource.Create(connection);
        await using (var there = source.CreateCommand("select to_regclass('frame') is not null"))
            if (await there.ExecuteScalarAsync() is true) return;
        using var schema = new StreamReader(typeof(Lanes).Assembly.GetManifestResourceStream("schema.sql")!);
        await using var create = source.CreateCommand(await schema.ReadToEndAsync());
        await create.ExecuteNonQueryAsync();
    }
}
