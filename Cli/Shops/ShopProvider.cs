using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Commerce.Cli.Clusters;
using Commerce.Cli.Output;
using Commerce.ServiceDefaults;
using Commerce.Servers;
using Commerce.Silo.Journal;

namespace Commerce.Cli.Shops;

/// <summary>The payment provider of a shop, as <c>DIR/payments.json</c> keeps it: the settings <see cref="PaymentSettings"/> reads. A shop keeps its provider, for its ledger is there.</summary>
internal sealed record ShopProvider(IReadOnlyDictionary<string, string> Values)
{
    private const string Prefix = "Payments__", OwnKey = "Own";

    public static readonly ShopProvider Sandbox = new(new Dictionary<string, string> { ["Provider"] = PaymentSettings.Sandbox });

    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true };

    public string Provider => Values["Provider"];

    /// <summary>Whether it is a simulator that <c>up</c> starts.</summary>
    public bool IsOwn => Values.ContainsKey(OwnKey);

    public Uri Url => new(Values["Url"]);

    public PaymentSettings Settings => PaymentSettings.Of(
        new ConfigurationBuilder().AddInMemoryCollection(Values.Select(value => KeyValuePair.Create($"Payments:{value.Key}", (string?)value.Value))).Build());

    /// <summary>The settings as a process of the cluster is told them.</summary>
    public IEnumerable<(string Name, string Value)> Variables => Values.Where(value => value.Key != OwnKey).Select(value => ($"{Prefix}{value.Key}", value.Value));

    /// <summary>The same, waited for no longer than so.</summary>
    public ShopProvider Within(TimeSpan timeout) => new(new Dictionary<string, string>(Values) { ["TimeoutSeconds"] = timeout.TotalSeconds.ToString(CultureInfo.InvariantCulture) });

    /// <summary>Folder of the simulator's own storage.</summary>
    public static string DataOf(string dataDir) => Path.Combine(dataDir, "psp-simulator");

    /// <summary>What was kept; without a file it is the sandbox.</summary>
    public static ShopProvider In(string dataDir)
    {
        var file = DataFolder.PaymentsOf(dataDir);
        if (!File.Exists(file)) return Sandbox;
        try
        {
            return new ShopProvider(JsonSerializer.Deserialize<Dictionary<string, string>>(File.ReadAllText(file)) is { } values && values.ContainsKey("Provider") ? values : throw new JsonException());
        }
        catch (JsonException)
        {
            throw new MissingException($"{file} is damaged, and without it nobody knows where this shop's payments are; put it back from a backup.");
        }
    }

    /// <summary>What was asked for by option, else by environment, else what was kept. It is kept from now on.</summary>
    public static ShopProvider Choose(string dataDir, string? asked, Func<string, string?> variable)
    {
        var (kept, given) = (In(dataDir), Given(variable));
        // Every cluster keeps it beside its connections; one that has only those was made of half a backup, or by an older version.
        var lost = File.Exists(DataFolder.ConnectionsOf(dataDir)) && !File.Exists(DataFolder.PaymentsOf(dataDir));
        if (lost && asked is null)
            throw new MissingException($"{DataFolder.PaymentsOf(dataDir)} is missing, and without it nobody knows where this shop's payments are; put it back from a backup, or say where they are, once: --psp sandbox, --psp simulator, or --psp {PaymentSettings.Stripe} with {Prefix}Provider and its fellows (docs/operations.md).");
        var wanted = asked switch
        {
            not null when given is not null && given.Provider == asked => given,
            PaymentSettings.Sandbox => Sandbox,
            PaymentSettings.Simulator => Own(dataDir, kept),
            not null => throw new UsageException($"--psp is {PaymentSettings.Sandbox} or {PaymentSettings.Simulator}; others are named by {Prefix}Provider and its fellows (docs/operations.md)."),
            null => given ?? (kept.IsOwn ? Own(dataDir, kept) : kept),
        };
        var began = File.Exists(DataFolder.ProviderOf(dataDir)) || File.Exists(DataFolder.PaymentsOf(dataDir));
        if (began && wanted.Provider != kept.Provider)
            throw new UsageException($"The payments of the shop in {dataDir} are with the {kept.Provider}, and stay there; start it with that, or another shop with --data.");
        try
        {
            _ = wanted.Settings;
        }
        catch (SettingsException wrong)
        {
            throw new UsageException(wrong.Message);
        }

        wanted.Keep(dataDir);
        return wanted;
    }

    /// <summary>A shop that was made of a backup has a simulator of its own, not that of the shop the backup is of.</summary>
    public static void Restored(string dataDir)
    {
        if (In(dataDir).IsOwn) Own(dataDir, Sandbox).Keep(dataDir);
    }

    private void Keep(string dataDir) => PrivateFile.Write(DataFolder.PaymentsOf(dataDir), JsonSerializer.Serialize(Values, Json) + "\n");

    private static ShopProvider? Given(Func<string, string?> variable)
    {
        string[] names = ["Provider", "Url", "PageUrl", "SecretFile", "HookSecretFile", "TimeoutSeconds"];
        var values = names.Where(name => variable(Prefix + name) is { Length: > 0 }).ToDictionary(name => name, name => variable(Prefix + name)!);
        return values.ContainsKey("Provider") ? new ShopProvider(values) : null;
    }

    private static ShopProvider Own(string dataDir, ShopProvider kept)
    {
        var secrets = Path.Combine(dataDir, "secrets");
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(secrets);
        else Directory.CreateDirectory(secrets, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var key = Path.Combine(secrets, "psp.key");
        if (!File.Exists(key)) PrivateFile.Write(key, Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32)) + "\n");
        // Shoppers may be on its pages: it keeps its address.
        var port = kept.IsOwn && FreePorts.IsFree(kept.Url.Port) ? kept.Url.Port : FreePorts.TakeLasting(1, new Random())[0];
        return new ShopProvider(new Dictionary<string, string>
        {
            ["Provider"] = PaymentSettings.Simulator, ["Url"] = $"http://127.0.0.1:{port}", ["SecretFile"] = key, [OwnKey] = "true",
        });
    }
}
