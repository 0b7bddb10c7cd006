namespace Commerce.Silo.Journal.Sqlite;

/// <summary>A piece of work for a <see cref="SqliteLane"/>: carried out in a transaction shared with others, answered after its commit.</summary>
internal abstract class LaneWork
{
    /// <summary>False for work that takes place between two transactions.</summary>
    public virtual bool Writes => true;

    /// <summary>Carries it out. May be called again when the transaction was given up.</summary>
    public abstract void Execute(SqliteSession session);

    /// <summary>What it did is durable.</summary>
    public abstract void Committed();

    /// <summary>What it did is not there and never will be.</summary>
    public abstract void Failed(Exception reason);

    /// <summary>Nobody knows yet.</summary>
    public abstract void Unknown(Exception reason);
}

/// <summary>Work that is a function.</summary>
internal class LaneCall<T>(Func<SqliteSession, T> work) : LaneWork
{
    private readonly TaskCompletionSource<T> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private T? _result;

    public Task<T> Answer => _answer.Task;

    public override void Execute(SqliteSession session) => _result = work(session);

    public override void Committed() => _answer.TrySetResult(_result!);

    public override void Failed(Exception reason) => _answer.TrySetException(reason);

    public override void Unknown(Exception reason) => _answer.TrySetException(reason);
}

/// <summary>Work on the connection itself, between two transactions.</summary>
internal sealed class BetweenCall(Action<SqliteSession> work) : LaneCall<bool>(session =>
{
    work(session);
    return true;
})
{
    public override bool Writes => false;
}
