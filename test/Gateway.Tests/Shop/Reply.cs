using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Commerce.Gateway.Tests.Shop;

/// <summary>What came back, whole.</summary>
public sealed record Reply(int Status, string Body, HttpResponseHeaders Headers, string? ContentType)
{
    public JsonNode Json => JsonNode.Parse(Body)!;

    public string? Code => ContentType == "application/problem+json" ? (string?)Json["code"] : null;

    public string[] Pointers => [.. Json["errors"]!.AsArray().Select(place => (string)place!["pointer"]!)];

    public string? ETag => Headers.ETag?.Tag;

    public bool Replayed => Headers.Contains("Idempotent-Replayed");

    public string this[string field] => Json[field]!.ToString();

    /// <summary>The same answer, which is the problem with this code and its status.</summary>
    public Reply ShouldBe(int status, string code)
    {
        Status.ShouldBe(status, Body);
        Code.ShouldBe(code, Body);
        ((string)Json["type"]!).ShouldBe($"urn:commerce:problem:{code}");
        ((string)Json["traceId"]!).ShouldNotBeNullOrEmpty();
        return this;
    }

    /// <summary>The same answer, which is no problem.</summary>
    public Reply ShouldBe(int status)
    {
        Status.ShouldBe(status, Body);
        return this;
    }
}

/// <summary>Sends requests as a stranger would write them.</summary>
public static class Requests
{
    public static Task<Reply> Get(this HttpClient client, string path, params (string Name, string Value)[] headers) =>
        client.Send(HttpMethod.Get, path, null, null, headers);

    public static Task<Reply> Post(this HttpClient client, string path, object? body = null, string? key = null, params (string Name, string Value)[] headers) =>
        client.Send(HttpMethod.Post, path, body, key, headers);

    public static async Task<Reply> Send(
        this HttpClient client, HttpMethod method, string path, object? body = null, string? key = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null) request.Content = body as HttpContent ?? new StringContent(body as string ?? JsonSerializer.Serialize(body), Encoding.UTF8, "application/json");
        if (key is not null) request.Headers.Add("Idempotency-Key", key);
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);
        return new Reply(
            (int)response.StatusCode, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), response.Headers,
            response.Content.Headers.ContentType?.MediaType);
    }
}
