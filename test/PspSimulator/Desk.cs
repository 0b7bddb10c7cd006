using System.Globalization;
using System.Security.Cryptography;

namespace Commerce.PspSimulator;

/// <summary>What came of a request.</summary>
/// <param name="Operation">The operation; null when it never came to one.</param>
/// <param name="Reused">The key stands for another operation.</param>
/// <param name="Fault">What happens to the answer.</param>
public sealed record Served(Operation? Operation, bool Reused = false, string? Fault = null);

/// <summary>Where operations are taken: looks a key up, else decides by the rules, writes both the operation and its message in one transaction, and has faults happen.</summary>
public sealed class Desk(Ledger ledger, Faults faults, HookQueue hooks, SimulatorOptions options)
{
    private const string ClockSetting = "clock-seconds";

    /// <summary>How far the clock can be moved ahead in all: ten years, past any term of a payment, and far from where calendars end.</summary>
    public const long MostDays = 3_653;

    private static readonly string[] Before = ["timeout-before", "error-before"];
    private static readonly string[] After = ["timeout-after", "error-after", "reset-after"];

    /// <summary>The simulator's clock: the machine's, what the shop's test clock is ahead of it, and what this one was advanced by.</summary>
    public DateTimeOffset Now(Ledger books) =>
        (TimeProvider.System.GetUtcNow() + options.Ahead()).AddSeconds(long.Parse(books.Setting(ClockSetting) ?? "0", CultureInfo.InvariantCulture));

    /// <summary>Moves the clock; false, and it stays, where that would be behind the machine's or more than <see cref="MostDays"/> ahead of it.</summary>
    public bool Advance(long seconds)
    {
        var moved = ledger.Do(books =>
        {
            var before = long.Parse(books.Setting(ClockSetting) ?? "0", CultureInfo.InvariantCulture);
            if (seconds < -before || seconds > MostDays * 86_400 - before) return false;
            books.Set(ClockSetting, (before + seconds).ToString(CultureInfo.InvariantCulture));
            return true;
        });
        hooks.Wake();
        return moved;
    }

    public async Task<Served> Serve(Asked asked, string dialect = "native")
    {
        var served = ledger.Do(books => Serve(books, asked, dialect));
        hooks.Wake();
        // A message that overtakes its answer: it is sent before the answer is given.
        if (served.Operation is { } operation) await hooks.SendEarly(operation.Key);
        return served;
    }

    public Operation? Find(string key) => ledger.Do(books => books.Find(key));

    public Balance BalanceOf(string authorisation) => ledger.Do(books => BalanceOf(books, authorisation));

    /// <summary>The shopper's bank takes money back.</summary>
    public Served ChargeBack(string capture, long? amount)
    {
        var served = ledger.Do(books =>
        {
            if (books.Find(capture) is not { Asked: { Kind: Kind.Capture, Authorisation: { } authorisation } taken, State: State.Succeeded } on) return new Served(null);
            var most = Math.Min(on.Answered, BalanceOf(books, authorisation).Refundable);
            if (most <= 0 || amount > most) return new Served(on, Reused: true);
            var asked = new Asked($"{capture}/charge-back-{books.On(authorisation).Count}", taken.Account, Kind.ChargeBack, amount ?? most, taken.Currency, null, authorisation);
            var done = books.Add(asked, new Outcome(State.Succeeded, asked.Amount), null, on.Dialect, Now(books));
            hooks.Add(books, done, Now(books));
            return new Served(done);
        });
        hooks.Wake();
        return served;
    }

    /// <summary>The shopper decides on the page.</summary>
    public Operation? Decide(string session, Func<Operation, Outcome?> choose)
    {
        var decided = ledger.Do(books =>
        {
            if (books.OnPage(session) is not { } operation || operation.State != State.Pending || Closed(books, operation)) return books.OnPage(session);
            if (choose(operation) is not { } outcome) return operation;
            var done = books.Decide(operation, outcome, Now(books));
            hooks.Add(books, done, Now(books));
            return done;
        });
        hooks.Wake();
        return decided;
    }

    /// <summary>The operation behind a page, and whether the page is closed.</summary>
    public (Operation? Operation, bool Closed) OnPage(string session) => ledger.Do(books =>
    {
        var operation = books.OnPage(session);
        return (operation, operation is not null && Closed(books, operation));
    });

    private bool Closed(Ledger books, Operation operation) => operation.State != State.Pending || operation.Asked.Until <= Now(books);

    private Served Serve(Ledger books, Asked asked, string dialect)
    {
        var (kind, known) = (asked.Kind.ToString(), books.Find(asked.Key));
        if (faults.Hit(books, Before, kind, asked.Key) is { } before) return new Served(null, false, before.Do);
        if (known is not null && !Rules.Repeats(asked, known)) return new Served(known, Reused: true);
        if (known is null && asked.Token is "tok_timeout_before" or "tok_error_before") return new Served(null, false, asked.Token == "tok_timeout_before" ? "timeout-before" : "error-before");

        // A page that has closed by itself is decided by whoever looks.
        if (known is { State: State.Pending } && known.Asked.Until <= Now(books)) known = Finish(books, books.Decide(known, new(State.Declined, 0, "page-closed"), Now(books)));
        var done = known ?? Carry(books, asked, dialect);
        var after = faults.Hit(books, After, kind, asked.Key)?.Do
            ?? (known is not null ? null : asked.Token switch { "tok_timeout_after" => "timeout-after", "tok_error_after" => "error-after", _ => null });
        return new Served(done, false, after);
    }

    private Operation Carry(Ledger books, Asked asked, string dialect)
    {
        if (asked is { Kind: Kind.Authorise, ReturnTo: not null, Amount: > 0 })
            return books.Add(asked, new(State.Pending, 0), Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)), dialect, Now(books));

        var on = asked.Kind == Kind.Authorise ? null : BalanceOf(books, asked.Authorisation!);
        if (asked.Kind == Kind.Void && books.Find(asked.Authorisation!) is { Asked.Kind: not Kind.Authorise })
            return Finish(books, books.Add(asked, new(State.Declined, 0, "unknown-authorisation"), null, dialect, Now(books)));
        if (asked.Kind == Kind.Void && on!.Authorisation is not { State: State.Succeeded }) Cancel(books, asked, on.Authorisation, dialect);
        return Finish(books, books.Add(
            asked,
            asked.Kind switch
            {
                Kind.Authorise => Rules.Authorise(asked.Token, asked.Amount),
                Kind.Capture => Rules.Capture(asked.Amount, on!),
                Kind.Refund => Rules.Refund(asked.Amount, on!),
                _ => Rules.Void(on!),
            },
            null, dialect, Now(books)));
    }

    // Nothing came under that key, or the shopper is still on its page: whatever still comes finds that it was cancelled.
    private void Cancel(Ledger books, Asked asked, Operation? pending, string dialect)
    {
        var cancelled = new Outcome(State.Declined, 0, "cancelled");
        if (pending is null) books.Add(new(asked.Authorisation!, asked.Account, Kind.Authorise, asked.Amount, asked.Currency), cancelled, null, dialect, Now(books));
        else books.Decide(pending, cancelled, Now(books));
    }

    private Operation Finish(Ledger books, Operation done)
    {
        hooks.Add(books, done, Now(books));
        return done;
    }

    private Balance BalanceOf(Ledger books, string authorisation)
    {
        var on = books.Find(authorisation) is { Asked.Kind: Kind.Authorise } found ? found : null;
        var done = books.On(authorisation).Where(operation => operation.State == State.Succeeded).ToLookup(operation => operation.Asked.Kind, operation => operation.Answered);
        return new Balance(
            on, on?.State == State.Succeeded ? on.Answered : 0, done[Kind.Capture].Sum(), done[Kind.Refund].Sum(), done[Kind.ChargeBack].Sum(), done[Kind.Void].Any(),
            on is not null && (on.Code == Rules.Lapses || on.At + options.Lapse <= Now(books)));
    }
}
