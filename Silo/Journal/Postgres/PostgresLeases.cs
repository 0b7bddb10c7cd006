using Npgsql;

namespace Commerce.Silo.Journal.Postgres;

/// <summary>A right held for a while.</summary>
/// <param name="Service">In whose database it is.</param>
/// <param name="Name">For what: <c>relay</c>, <c>deadlines</c>.</param>
/// <param name="Holder">Who.</param>
/// <param name="Until">How long, unless renewed.</param>
/// <param name="Epoch">Rises with every new holder: what an earlier one still does can be told by it.</param>
public sealed record Lease(string Service, string Name, string Holder, DateTimeOffset Until, long Epoch);

/// <summary>A lease is somebody else's by now.</summary>
public sealed class LeaseLostException : Exception
{
    /// <summary>Names the lease.</summary>
    public LeaseLostException(Lease lease) : base($"The lease {lease.Name} of {lease.Service} in epoch {lease.Epoch} is lost.") { }

    /// <summary>For the analysers' sake.</summary>
    public LeaseLostException() { }

    /// <summary>For the analysers' sake.</summary>
    public LeaseLostException(string message) : base(message) { }

    /// <summary>For the analysers' sake.</summary>
    public LeaseLostException(string message, Exception inner) : base(message, inner) { }
}

/// <summary>
/// Leases in the services' databases. Time is given by the caller, so holders' clocks should agree to within a fraction of a term. What protects the data
/// against one whose clock does not is the epoch, not the time; what protects the work is that a lease nobody renews is abandoned, however long it says it lasts.
/// </summary>
public sealed class PostgresLeases(ServiceDatabases databases, ILogger<PostgresLeases> log)
{
    /// <summary>Takes a lease that is free, over, or the holder's own; null when it is another's. The holder's own comes back in a new epoch.</summary>
    /// <param name="service">In whose database it is.</param>
    /// <param name="name">For what.</param>
    /// <param name="holder">Who asks.</param>
    /// <param name="now">By the clock of who asks.</param>
    /// <param name="term">For how long.</param>
    /// <param name="abandoned">What was seen of it for longer than a holder that lives leaves it alone: if it still is that, it is free, whatever a clock that was wrong wrote into it.</param>
    public Task<Lease?> Acquire(string service, string name, string holder, DateTimeOffset now, TimeSpan term, Lease? abandoned = null) => Change(service, name, holder, now + term, """
        insert into lease (name, holder, until, epoch) values ($1, $2, $3, 1)
        on conflict (name) do update set holder = excluded.holder, until = excluded.until, epoch = lease.epoch + 1
            where lease.until <= $4 or lease.holder = excluded.holder or (lease.epoch = $5 and lease.until = $6)
        returning epoch
        """, [name, holder, (now + term).UtcDateTime, now.UtcDateTime, abandoned?.Epoch ?? 0, (abandoned?.Until ?? now).UtcDateTime]);

    /// <summary>A lease as it is; null when nobody ever took it.</summary>
    public Task<Lease?> Look(string service, string name) => PostgresFaults.Guard($"leases of {service}", log, async () =>
    {
        await using var look = databases.Of(service).CreateCommand("select holder, until, epoch from lease where name = $1");
        look.Parameters.Add(new NpgsqlParameter<string> { TypedValue = name });
        await using var row = await look.ExecuteReaderAsync();
        return await row.ReadAsync() ? new Lease(service, name, row.GetString(0), row.GetFieldValue<DateTimeOffset>(1), row.GetInt64(2)) : null;
    });

    /// <summary>Holds a lease longer; null when it is lost. One that ran out and was taken by nobody is still the holder's.</summary>
    public Task<Lease?> Renew(Lease lease, DateTimeOffset now, TimeSpan term) => Change(lease.Service, lease.Name, lease.Holder, now + term,
        "update lease set until = greatest(until, $3) where name = $1 and epoch = $2 returning epoch",
        [lease.Name, lease.Epoch, (now + term).UtcDateTime]);

    /// <summary>Lets a lease go at once; one that is lost already stays as it is.</summary>
    public Task Release(Lease lease) => Change(lease.Service, lease.Name, lease.Holder, lease.Until,
        "update lease set until = '-infinity' where name = $1 and epoch = $2 returning epoch", [lease.Name, lease.Epoch]);

    private Task<Lease?> Change(string service, string name, string holder, DateTimeOffset until, string sql, object[] values) =>
        PostgresFaults.Guard($"leases of {service}", log, async () =>
        {
            await using var command = databases.Of(service).CreateCommand(sql);
            foreach (var value in values) command.Parameters.Add(new NpgsqlParameter { Value = value });
            return await command.ExecuteScalarAsync() is long epoch ? new Lease(service, name, holder, until, epoch) : null;
        });
}
