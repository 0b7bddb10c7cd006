using Npgsql;
using NpgsqlTypes;

namespace Commerce.Silo.Journal.Postgres;

/// <summary>The arrays that say, per stream of a batch, where it must end and where it will.</summary>
internal sealed class RunRows
{
    private readonly string[] _stream;
    private readonly Guid[] _expected, _last;
    private readonly long[] _expectedVersion, _version;
    private readonly DateTime?[] _due;
    private readonly int[] _place;

    public RunRows(Dictionary<string, AppendBatch.Run> runs)
    {
        var count = runs.Count;
        (_stream, _expected, _last, _expectedVersion, _version) = (new string[count], new Guid[count], new Guid[count], new long[count], new long[count]);
        (_due, _place) = (new DateTime?[count], new int[count]);
        foreach (var (stream, run) in runs)
        {
            var at = run.Number - 1;
            (_stream[at], _expected[at], _expectedVersion[at]) = (stream, run.First.Expected, run.First.ExpectedVersion);
            (_last[at], _version[at], _due[at], _place[at]) = (run.Last, run.Version, RoundedUp(run.DueAt), run.Place);
        }
    }

    public void Bind(NpgsqlCommand command)
    {
        BindFences(command);
        command.AddArray(NpgsqlDbType.Bigint, _version);
        command.AddArray(NpgsqlDbType.Uuid, _last);
        command.AddArray(NpgsqlDbType.TimestampTz, _due);
        command.AddArray(NpgsqlDbType.Integer, _place);
    }

    public void BindFences(NpgsqlCommand command)
    {
        command.AddArray(NpgsqlDbType.Text, _stream);
        command.AddArray(NpgsqlDbType.Uuid, _expected);
        command.AddArray(NpgsqlDbType.Bigint, _expectedVersion);
    }

    // The database counts microseconds: woken a moment too early, a stream would find nothing to do and be held back.
    private static DateTime? RoundedUp(DateTimeOffset? due) =>
        due is { } at ? new DateTime((at.UtcTicks + TimeSpan.TicksPerMicrosecond - 1) / TimeSpan.TicksPerMicrosecond * TimeSpan.TicksPerMicrosecond, DateTimeKind.Utc) : null;
}

/// <summary>The arrays that hold the appends of a batch, a row each.</summary>
internal sealed class MemberRows
{
    private readonly IReadOnlyList<PendingAppend> _members;
    private readonly int[] _run, _place;
    private readonly string?[] _command, _digest;

    public MemberRows(IReadOnlyList<PendingAppend> members, Dictionary<string, AppendBatch.Run> runs)
    {
        var count = members.Count;
        (_members, _run, _place, _command, _digest) = (members, new int[count], new int[count], new string?[count], new string?[count]);
        var place = 1;
        for (var i = 0; i < count; i++)
        {
            var append = members[i].Append;
            (_run[i], _place[i]) = (runs[append.Stream.Value].Number, place);
            if (append.Command.IsGiven) (_command[i], _digest[i]) = (append.Command.Id, append.Command.Digest);
            place += append.Events.Count;
        }
    }

    public void Bind(NpgsqlCommand command)
    {
        var (versions, data) = (new long[_members.Count], new ReadOnlyMemory<byte>[_members.Count]);
        for (var i = 0; i < data.Length; i++) (versions[i], data[i]) = (_members[i].Append.ExpectedVersion + 1, AppendText.Write(_members[i].Append));
        command.AddArray(NpgsqlDbType.Integer, _run);
        command.AddArray(NpgsqlDbType.Integer, _place);
        command.AddArray(NpgsqlDbType.Bigint, versions);
        command.AddArray(NpgsqlDbType.Text, _command);
        command.AddArray(NpgsqlDbType.Text, _digest);
        command.AddArray(NpgsqlDbType.Text, data);
    }

    public void BindCommands(NpgsqlCommand command)
    {
        command.AddArray(NpgsqlDbType.Integer, _run);
        command.AddArray(NpgsqlDbType.Text, _command);
        command.AddArray(NpgsqlDbType.Text, _digest);
    }
}

internal static class ArrayParameters
{
    public static void AddArray<T>(this NpgsqlCommand command, NpgsqlDbType type, T[] values) =>
        command.Parameters.Add(new NpgsqlParameter<T[]> { TypedValue = values, NpgsqlDbType = NpgsqlDbType.Array | type });
}
