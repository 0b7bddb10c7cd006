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
        return new(Required(values, "Url", "the URL to listen on, such as http://127.0.0.1:5090"), Required(values, "Data", "a folder of its own"), secret)
        {
            HookUrl = values["HookUrl"], StripeHookUrl = values["StripeHookUrl"], TestClock = values["TestClock"],
            Hang = Seconds(values["HangSeconds"]) ?? TimeSpan.FromSeconds(30),
        };
    }

    private static string Required(IConfiguration values, string name, string what) =>
        values[name] is { Length: > 0 } value ? value : throw new RefusedException($"{name} is missing: {what}.");

    private static TimeSpan? Seconds(string? text) => text is null ? null
        : double.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out var seconds) && seconds is > 0 and < 3600 ? TimeSpan.FromSeconds(seconds)
        : throw new RefusedException($"HangSeconds is a number of seconds; it is '{text}'.");
}
