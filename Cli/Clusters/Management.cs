using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace Commerce.Cli.Clusters;

/// <summary>A queue that waits for readers.</summary>
internal sealed record QueueDepth(string Name, long Depth);

/// <summary>RabbitMQ's management interface.</summary>
internal sealed class Management : IDisposable
{
    private readonly HttpClient _http;

    public Management(RabbitMqAccess access)
    {
        _http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = new Uri(access.Management.TrimEnd('/') + "/"), Timeout = TimeSpan.FromSeconds(5) };
        _http.DefaultRequestHeaders.Authorization =
            new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{access.Admin.User}:{access.Admin.Password}")));
    }

    /// <summary>The commerce queues with what lies in them; null when the broker does not say.</summary>
    public async Task<IReadOnlyList<QueueDepth>?> Queues(CancellationToken cancel)
    {
        try
        {
            var queues = await _http.GetFromJsonAsync<JsonElement>("api/queues?columns=vhost,name,messages", cancel);
            return [.. queues.EnumerateArray().Where(queue => Text(queue, "vhost").StartsWith("commerce-", StringComparison.Ordinal))
                .Select(queue => new QueueDepth($"{Text(queue, "vhost")}/{Text(queue, "name")}", queue.TryGetProperty("messages", out var count) ? count.GetInt64() : 0))
                .OrderBy(queue => queue.Name, StringComparer.Ordinal)];
        }
        catch (Exception e) when (e is HttpRequestException or JsonException || (e is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            return null;
        }
    }

    public async Task Import(string definitions, CancellationToken cancel)
    {
        using var body = new StringContent(definitions, Encoding.UTF8, "application/json");
        using var response = await _http.PostAsync("api/definitions", body, cancel);
        response.EnsureSuccessStatusCode();
    }

    /// <summary>Empties all commerce queues.</summary>
    public async Task Purge(CancellationToken cancel)
    {
        foreach (var queue in await Queues(cancel) ?? [])
        {
            var (vhost, name) = (queue.Name[..queue.Name.IndexOf('/')], queue.Name[(queue.Name.IndexOf('/') + 1)..]);
            using var response = await _http.DeleteAsync(new Uri($"api/queues/{Uri.EscapeDataString(vhost)}/{Uri.EscapeDataString(name)}/contents", UriKind.Relative), cancel);
            response.EnsureSuccessStatusCode();
        }
    }

    public void Dispose() => _http.Dispose();

    private static string Text(JsonElement element, string name) => element.TryGetProperty(name, out var text) ? text.GetString() ?? "" : "";
}
