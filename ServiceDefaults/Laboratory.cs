using System.Globalization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;

namespace Commerce.ServiceDefaults;

/// <summary>
/// What a fault laboratory may do to a process from outside: let it crash at a named point, move its clock, take a promise away. <c>Laboratory__Orders</c> names a
/// file it writes its orders into, <c>Laboratory__Without</c> the promises that are not kept. A process in production refuses to start with either.
/// </summary>
public sealed class Laboratory : IDisposable
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);

    private readonly string? _orders;
    private readonly string[] _without;
    private readonly MovedClock _clock = new();
    private readonly Timer? _timer;
    private Action<string> _take = static _ => { };
    private string _read = "";

    private Laboratory(string? orders, string[] without)
    {
        (_orders, _without) = (orders, without);
        if (orders is null) return;
        // At once: a process that starts under a wrong clock has no other one before.
        Read();
        _timer = new Timer(_ => Read(), null, Look, Look);
    }

    /// <summary>The laboratory's clock: the system's, moved by as many seconds as it ordered.</summary>
    public TimeProvider Clock => _clock;

    /// <summary>The laboratory that runs this process; null outside of one.</summary>
    /// <exception cref="SettingsException">This process is in production.</exception>
    public static Laboratory? Of(IConfiguration settings, IHostEnvironment environment)
    {
        var (orders, without) = (settings["Laboratory:Orders"], settings["Laboratory:Without"]);
        if (string.IsNullOrEmpty(orders) && string.IsNullOrEmpty(without)) return null;
        if (environment.IsProduction())
            throw new SettingsException("Laboratory__Orders and Laboratory__Without let a process fail on purpose, and this one is in production: remove them, or set DOTNET_ENVIRONMENT to Laboratory.");
        return new Laboratory(orders, without?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? []);
    }

    /// <summary>Whether a promise is taken away.</summary>
    public bool Lacks(string promise) => _without.Contains(promise);

    /// <summary>Called with every order to crash: <c>NAME SUBJECT NTH</c>; empty when there is none any more.</summary>
    public void OnCrashOrder(Action<string> take)
    {
        _take = take;
        _read = "";
        Read();
    }

    /// <summary>Ends this process as <c>kill -9</c> would, after writing down where it was.</summary>
    public void Crash(string where)
    {
        File.WriteAllText($"{_orders}.hit", where);
        System.Diagnostics.Process.GetCurrentProcess().Kill();
    }

    /// <summary>Writes down where the promise that was taken away has been broken: a file for each, so that nobody who reads them stands in the way.</summary>
    public void Broke(string where)
    {
        if (_orders is not null) File.WriteAllText($"{_orders}.{Guid.CreateVersion7():N}.broke", where);
    }

    /// <inheritdoc/>
    public void Dispose() => _timer?.Dispose();

    private void Read()
    {
        string text;
        try
        {
            text = File.Exists(_orders) ? File.ReadAllText(_orders) : "";
        }
        catch (IOException)
        {
            return;
        }

        if (text == _read) return;
        _read = text;
        var lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(line => line.Split(' ', 2)).Where(line => line.Length == 2).ToList();
        _take(lines.FirstOrDefault(line => line[0] == "crash")?[1] ?? "");
        _clock.By = lines.FirstOrDefault(line => line[0] == "clock") is [_, var seconds] && int.TryParse(seconds, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var by)
            ? TimeSpan.FromSeconds(by)
            : TimeSpan.Zero;
    }

    private sealed class MovedClock : TimeProvider
    {
        private long _by;

        public TimeSpan By { get => new(Volatile.Read(ref _by)); set => Volatile.Write(ref _by, value.Ticks); }

        public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + By;
    }
}
