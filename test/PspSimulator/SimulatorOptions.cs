using System.Globalization;

namespace Commerce.PspSimulator;

/// <summary>The simulator will not run like this; the message says the cure.</summary>
public sealed class RefusedException : Exception
{
    public RefusedException(string message) : base(message) { }

    public RefusedException() { }

    public RefusedException(string message, Exception inner) : base(message, inner) { }
}

/// <summary>What the simulator is told, by environment or command line.</summary>
/// <param name="Url">Where it listens, API and hosted pages alike: its own origin.</param>
/// <param name="Data">Folder of its own storage.</param>
/// <param name="Secret">The merchant's key to its API, and what its messages are signed with.</param>
public sealed record SimulatorOptions(string Url, string Data, string Secret)
{
    /// <summary>Where messages go; null: none are sent.</summary>
    public string? HookUrl { get; init; }

    /// <summary>Where messages of the Stripe-compatible interface go; null: none are sent.</summary>
    public string? StripeHookUrl { get; init; }

    /// <summary>How long a request hangs that is to time out.</summary>
    public TimeSpan Hang { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>File that says how far a shop's test clock is ahead, such as 00:30:00; the simulator's is then ahead by as much.</summary>
    public string? TestClock { get; init; }

    /// <summary>How long money stays held.</summary>
    public TimeSpan Lapse { get; init; } = TimeSpan.FromDays(7);

    public static SimulatorOptions Of(IConfiguration values)
    {
        foreach (var name in new[] { "ASPNETCORE_ENVIRONMENT", "DOTNET_ENVIRONMENT", "ENVIRONMENT" })
        {
            if (string.Equals(values[name]?.Trim(), "production", StringComparison.OrdinalIgnoreCase))
                throw new RefusedException($"{name} says production, and this is a simulator: no money moves here. Configure a real payment provider, or unset {name}.");
        }

        var file = Required(values, "SecretFile", "a file with the key that the shop and the simulator share");
        if (!File.Exists(file) || File.ReadAllText(file).Trim() is not { Length: >= 16 } secret) throw new RefusedException($"SecretFile {file} holds no key of at least 16 characters.");
        var options = new SimulatorOptions(Required(values, "Url", "the URL to listen on, such as http://127.0.0.1:5090"), Required(values, "Data", "a folder of its own"), secret)
        {
            HookUrl = values["HookUrl"], StripeHookUrl = values["StripeHookUrl"], TestClock = values["TestClock"],
            Hang = Seconds(values["HangSeconds"]) ?? TimeSpan.FromSeconds(30),
        };
        _ = options.Ahead();
        return options;
    }

    /// <summary>How far the shop's test clock is ahead: <c>[d.]hh:mm[:ss]</c> with hours up to 23. The shop writes it anew at every move, whole or not at all.</summary>
    /// <exception cref="RefusedException">The file says something else; a bare 10 could be days or seconds, and 24:00:00 is read as 24 days by some.</exception>
    internal TimeSpan Ahead()
    {
        if (TestClock is not { Length: > 0 } file || !File.Exists(file)) return TimeSpan.Zero;
        var text = File.ReadAllText(file).Trim();
        return text.Contains(':') && TimeSpan.TryParseExact(text, "c", CultureInfo.InvariantCulture, out var ahead) && ahead >= TimeSpan.Zero
            ? ahead
            : throw new RefusedException($"TestClock {file} says '{text}', which is no time such as 00:30:00, or 1.00:00:00 for a day; put it right, by hand if it must be.");
    }

    private static string Required(IConfiguration values, string name, string what) =>
        values[name] is { Length: > 0 } value ? value : throw new RefusedException($"{name} is missing: {what}.");

    private static TimeSpan? Seconds(string? text) => text is null ? null
        : double.TryParse(text, CultureInfo.InvariantCulture, out var seconds) && seconds is > 0 and < 3600 ? TimeSpan.FromSeconds(seconds)
        : throw new RefusedException($"HangSeconds is a number of seconds; it is '{text}'.");
}
