using System.Text.Json;

namespace Commerce.PspSimulator;

/// <summary>Operations of the ledger as Stripe's objects.</summary>
public sealed class StripeObjects(Ledger ledger, Desk desk, SimulatorOptions options)
{
    /// <summary>Under what a key is in the ledger: as it came, and with a number behind it whenever it came again after it was forgotten.</summary>
    public static IEnumerable<string> Under(string key) => Enumerable.Range(1, int.MaxValue).Select(time => time == 1 ? key : $"{key} #{time}");

    /// <summary>Keeps what a request says about an object, beside what is kept of it already.</summary>
    public static void Note(Ledger books, Operation about, IFormCollection form)
    {
        var metadata = Metadata(books, about);
        foreach (var (field, value) in form) if (field.StartsWith("metadata[", StringComparison.Ordinal)) metadata[field[9..^1]] = $"{value}";
        books.Set(Notes(about), JsonSerializer.Serialize(metadata));
    }

    public Dictionary<string, object?> Intent(Operation intent)
    {
        var on = desk.BalanceOf(intent.Key);
        return new()
        {
            ["id"] = $"pi_{intent.Number}", ["object"] = "payment_intent", ["amount"] = intent.Asked.Amount, ["currency"] = intent.Asked.Currency.ToLowerInvariant(), ["capture_method"] = "manual",
            ["amount_capturable"] = on.Capturable, ["amount_received"] = on.Captured, ["status"] = StatusOf(intent, on), ["metadata"] = Metadata(intent),
            ["cancellation_reason"] = on.Lapsed ? "automatic" : null,
            ["last_payment_error"] = intent.State == State.Declined ? new Dictionary<string, object?> { ["type"] = "card_error", ["code"] = intent.Code?.Replace('-', '_') } : null,
            ["latest_charge"] = intent.State != State.Succeeded ? null : new Dictionary<string, object?>
            {
                ["id"] = $"ch_{intent.Number}", ["object"] = "charge", ["amount"] = intent.Answered, ["amount_captured"] = on.Captured, ["captured"] = on.Captured > 0, ["status"] = "succeeded",
                ["payment_method_details"] = new Dictionary<string, object?> { ["type"] = "card", ["card"] = new Dictionary<string, object?> { ["brand"] = intent.Brand, ["last4"] = intent.Last4 } },
            },
        };
    }

    public Dictionary<string, object?> Session(Operation session) => new()
    {
        ["id"] = $"cs_{session.Number}", ["object"] = "checkout.session", ["mode"] = "payment", ["metadata"] = Metadata(session),
        ["status"] = session.State switch { State.Pending => "open", State.Succeeded => "complete", _ => "expired" },
        ["url"] = session.State == State.Pending ? $"{options.Url.TrimEnd('/')}/pay/{session.Session}" : null,
        ["payment_intent"] = session.State == State.Succeeded ? Intent(session) : null,
    };

    public Dictionary<string, object?> Refund(Operation refund) => new()
    {
        ["id"] = $"re_{refund.Number}", ["object"] = "refund", ["amount"] = refund.Answered, ["currency"] = refund.Asked.Currency.ToLowerInvariant(), ["status"] = "succeeded",
        ["metadata"] = Metadata(refund),
    };

    /// <summary>A message about an operation: its PaymentIntent as it is now.</summary>
    public string Event(Hook hook)
    {
        var about = hook.Operation.Asked.Authorisation is { } key ? desk.Find(key)! : hook.Operation;
        return JsonSerializer.Serialize(new Dictionary<string, object?>
        {
            ["id"] = $"evt_{hook.Number}", ["object"] = "event", ["api_version"] = "2026-01-01", ["created"] = hook.At.ToUnixTimeSeconds(), ["livemode"] = false,
            ["type"] = (hook.Operation.Asked.Kind, hook.Operation.State) switch
            {
                (Kind.Authorise, State.Succeeded) => "payment_intent.amount_capturable_updated",
                (Kind.Authorise, _) => "payment_intent.payment_failed",
                (Kind.Capture, _) => "payment_intent.succeeded",
                (Kind.Void, _) => "payment_intent.canceled",
                (Kind.Refund, _) => "charge.refunded",
                _ => "charge.dispute.created",
            },
            ["data"] = new Dictionary<string, object?> { ["object"] = Intent(about) },
        });
    }

    private Dictionary<string, string> Metadata(Operation operation) => ledger.Do(books => Metadata(books, operation));

    private static Dictionary<string, string> Metadata(Ledger books, Operation operation) => books.Setting(Notes(operation)) is { } kept
        ? JsonSerializer.Deserialize<Dictionary<string, string>>(kept)!
        : new() { ["operation"] = operation.Key.Split(" #")[0], ["account"] = operation.Asked.Account };

    private static string Notes(Operation about) => $"metadata of {about.Key}";

    private static string StatusOf(Operation intent, Balance on) => intent.State switch
    {
        State.Declined => intent.Code == "cancelled" || on.Voided ? "canceled" : "requires_payment_method",
        State.Pending => "requires_payment_method",
        _ when on.Captured > 0 && (on.Voided || on.Capturable == 0) => "succeeded",
        _ when on.Voided || on.Lapsed => "canceled",
        _ => "requires_capture",
    };
}
