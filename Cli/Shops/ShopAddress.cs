using System.CommandLine;
using Commerce.Cli.Output;
using Commerce.Silo.Journal;

namespace Commerce.Cli.Shops;

/// <summary>Which shop a command talks to: <c>--data</c>, <c>--url</c>, <c>--token-file</c>, or their environment variables.</summary>
internal sealed record ShopAddress(string DataDir, Uri Url, string? TokenFile)
{
    public const string DefaultDataDir = ".commerce";
    public const int DefaultPort = 5080;

    /// <summary>The folder of a shop that runs here names its address in this file while it runs.</summary>
    public const string UrlFile = "url";

    public static readonly Option<string?> Data = new("--data")
    {
        Description = "Folder of the shop's data (COMMERCE_DATA; default ./.commerce).", HelpName = "DIR",
    };

    public static readonly Option<string?> UrlOption = new("--url")
    {
        Description = "Address of a running shop (COMMERCE_URL; default: the shop that runs on the data folder).", HelpName = "URL",
    };

    public static readonly Option<string?> Token = new("--token-file")
    {
        Description = "File with the operator's token (COMMERCE_TOKEN holds the token itself; default DIR/operator-token).", HelpName = "FILE",
    };

    public static void AddTo(Command command)
    {
        command.Options.Add(Data);
        command.Options.Add(UrlOption);
        command.Options.Add(Token);
    }

    public static string DataDirOf(ParseResult parsed) =>
        Path.GetFullPath(parsed.GetValue(Data) ?? NotEmpty("COMMERCE_DATA") ?? DefaultDataDir);

    public static ShopAddress Of(ParseResult parsed) =>
        Find(parsed) ?? throw new MissingException($"No shop runs on {DataDirOf(parsed)}; start it with './commerce up', or name another with --data or --url.");

    /// <summary>The same; null when no address is given and no shop runs on the data folder.</summary>
    public static ShopAddress? Find(ParseResult parsed)
    {
        var data = DataDirOf(parsed);
        var isNamed = (parsed.GetValue(Data) ?? NotEmpty("COMMERCE_DATA")) is not null;
        if ((parsed.GetValue(UrlOption) ?? NotEmpty("COMMERCE_URL") ?? (isNamed || Directory.Exists(data) ? UrlOf(data) : $"http://127.0.0.1:{DefaultPort}")) is not { } text) return null;
        if (!Uri.TryCreate(text.TrimEnd('/') + "/", UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"))
            throw new UsageException($"'{text}' is not an address such as http://127.0.0.1:{DefaultPort}.");
        return new ShopAddress(data, url, parsed.GetValue(Token));
    }

    /// <summary>The operator's token.</summary>
    public string ReadToken()
    {
        if (TokenFile is null && NotEmpty("COMMERCE_TOKEN") is { } given) return File.Exists(given) ? File.ReadAllText(given).Trim() : given.Trim();
        var file = TokenFile ?? Path.Combine(DataDir, "operator-token");
        try
        {
            return File.ReadAllText(file).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new MissingException($"The operator's token cannot be read from {file}; start the shop with './commerce up', or name the file with --token-file.");
        }
    }

    // One that nobody holds was left by an 'up' that was killed, and by now another shop may listen there, which a copied token opens, too.
    private static string? UrlOf(string data)
    {
        try
        {
            return File.ReadAllText(Path.Combine(data, UrlFile)).Trim() is { Length: > 0 } url && DataFolder.IsInUse(data) ? url : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static string? NotEmpty(string variable) => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } value ? value : null;
}
