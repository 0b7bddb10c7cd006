using System.Globalization;
using System.Net;
using Microsoft.Extensions.Configuration;

namespace Commerce.ServiceDefaults;

/// <summary>A setting is missing or wrong; the message names it and says what it should be.</summary>
public sealed class SettingsException : Exception
{
    /// <summary>Names the setting and the cure.</summary>
    public SettingsException(string message) : base(message) { }

    /// <summary>For the analysers' sake.</summary>
    public SettingsException() { }

    /// <summary>For the analysers' sake.</summary>
    public SettingsException(string message, Exception inner) : base(message, inner) { }
}

/// <summary>
/// What a process of a cluster is told, by environment or command line. <c>Name</c>, <c>SiloAddress</c> (127.0.0.1), <c>SiloPort</c>, <c>Http</c>, <c>Data</c> (folder of
/// its own files), <c>Secrets</c> (folder the processes share), <c>Shards</c> (on or off), <c>OperatorTokenFile</c>, and <c>ConnectionStrings:…</c>.
/// </summary>
public sealed class ProcessSettings(IConfiguration values)
{
    /// <summary>The process's name: <c>silo-1</c>.</summary>
    public string Name => Required("Name", "a name no other process of the cluster has, such as silo-1");

    /// <summary>The address other silos reach this one by.</summary>
    public IPAddress SiloAddress => IPAddress.TryParse(values["SiloAddress"] ?? "127.0.0.1", out var address)
        ? address
        : throw new SettingsException($"SiloAddress is an IP address; it is '{values["SiloAddress"]}'.");

    /// <summary>The port other silos reach this one by.</summary>
    public int SiloPort => int.TryParse(Required("SiloPort", "a free port for other silos"), NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is > 0 and < 65_536
        ? port
        : throw new SettingsException($"SiloPort is 1 to 65535; it is '{values["SiloPort"]}'.");

    /// <summary>The port it listens on for them, where something lies in between; else the same.</summary>
    public int SiloListenPort => int.TryParse(values["SiloListenPort"], NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is > 0 and < 65_536 ? port : SiloPort;

    /// <summary>Where it listens for HTTP.</summary>
    public string Http => Required("Http", "the URL to listen on, such as http://127.0.0.1:5080");

    /// <summary>Folder of the process's own files.</summary>
    public string Data => Required("Data", "a folder of this process's own");

    /// <summary>Folder of the keys the processes share.</summary>
    public string Secrets => Required("Secrets", "the folder of master.key and gateway.key, which the processes share");

    /// <summary>Whether grains are found by shards (<c>on</c>) or by Orleans' directory (<c>off</c>, the default); the same in all processes of a cluster.</summary>
    public bool Shards => Switch("Shards", "the same in all processes of a cluster");

    /// <summary>The roles of a silo, as they were given.</summary>
    public string? Roles => values["Roles"];

    /// <summary>The operator's token.</summary>
    public string OperatorToken
    {
        get
        {
            var file = Required("OperatorTokenFile", "the file that holds the operator's token");
            return File.Exists(file) && File.ReadAllText(file).Trim() is { Length: > 0 } token ? token : throw new SettingsException($"OperatorTokenFile {file} holds no token.");
        }
    }

    /// <summary>The payment provider.</summary>
    public PaymentSettings Payments => PaymentSettings.Of(values);

    /// <summary>Where shoppers reach the shop; null: where the gateway listens.</summary>
    public Uri? PublicOrigin => values["PublicOrigin"] switch
    {
        null or "" => null,
        var text when Uri.TryCreate(text, UriKind.Absolute, out var origin) && origin.Scheme is "http" or "https" => origin,
        var text => throw new SettingsException($"PublicOrigin is the address shoppers reach the shop by, such as https://shop.example.org; it is '{text}'."),
    };

    /// <summary>How to reach a database: <c>cluster</c>, or a service's.</summary>
    public string Database(string name) => Required($"ConnectionStrings:{name}", $"how PostgreSQL is reached for {name}: Host=…;Database=commerce_{name};Username=…;Password=…");

    /// <summary>Whether a broker on another machine may be spoken to without TLS.</summary>
    public bool BrokerPlainText => Switch("BrokerPlainText", "on where the network between this process and the broker is the cluster's own");

    /// <summary>How to reach a service's virtual host at the broker; null where there is no broker.</summary>
    public Uri? Broker(string service) => values[$"ConnectionStrings:broker_{service}"] switch
    {
        null or "" => null,
        var text when Uri.TryCreate(text, UriKind.Absolute, out var uri) && (uri.Scheme == "amqps" || (uri.Scheme == "amqp" && (uri.IsLoopback || BrokerPlainText))) => uri,
        var text when Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme == "amqp" => throw new SettingsException(
            $"ConnectionStrings__broker_{service} speaks to {uri.Host} without TLS: make it amqps://, or set BrokerPlainText=on where the network in between is the cluster's own."),
        _ => throw new SettingsException($"ConnectionStrings__broker_{service} is amqp://user:password@host:port/virtual-host."),
    };

    private bool Switch(string key, string what) => values[key] switch
    {
        null or "" or "off" => false,
        "on" => true,
        var text => throw new SettingsException($"{key} is on or off, {what}; it is '{text}'."),
    };

    // Environment variables say __ where configuration says a colon.
    private string Required(string key, string what) => values[key] is { Length: > 0 } value
        ? value
        : throw new SettingsException($"{key.Replace(":", "__", StringComparison.Ordinal)} is missing: {what}. './commerce up --cluster' sets it.");
}
