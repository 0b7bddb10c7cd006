using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Commerce.System.Tests;

/// <summary>A span as it came over the wire.</summary>
/// <param name="Service">Who sent it: <c>commerce-silo</c>.</param>
/// <param name="Name">Its name.</param>
/// <param name="Traces">Its own trace, then those it links.</param>
public sealed record Span(string Service, string Name, IReadOnlyList<string> Traces);

/// <summary>What traces are sent to: takes OTLP over HTTP and keeps the spans.</summary>
public sealed class Collector : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<byte[]> _received = new();

    private Collector(WebApplication app) => _app = app;

    public ConcurrentQueue<Span> Spans { get; } = new();

    /// <summary>What a program must be told to send its traces here.</summary>
    public IReadOnlyDictionary<string, string> Variables => new Dictionary<string, string>
    {
        ["OTEL_EXPORTER_OTLP_ENDPOINT"] = _app.Urls.First(), ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf", ["OTEL_BSP_SCHEDULE_DELAY"] = "200",
    };

    public static async Task<Collector> Start()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var collector = new Collector(builder.Build());
        collector._app.MapPost("/v1/{signal}", collector.Receive);
        await collector._app.StartAsync();
        return collector;
    }

    /// <summary>Whether a text stands anywhere in what was received.</summary>
    public bool Saw(string text) => _received.Any(body => body.AsSpan().IndexOf(Encoding.UTF8.GetBytes(text)) >= 0);

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task Receive(HttpRequest request, string signal)
    {
        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body);
        if (signal != "traces") return;
        _received.Enqueue(body.ToArray());
        // ExportTraceServiceRequest.resource_spans; Resource.attributes, of which service.name; scope_spans.spans; trace_id 1, name 5, links 13.
        foreach (var resource in Fields(body.ToArray(), 1))
        {
            var service = Fields(resource, 1).SelectMany(of => Fields(of, 1)).Where(pair => Text(Fields(pair, 1)) == "service.name").Select(pair => Text(Fields(Fields(pair, 2).Single(), 1))).Single();
            foreach (var span in Fields(resource, 2).SelectMany(scope => Fields(scope, 2)))
                Spans.Enqueue(new Span(service, Text(Fields(span, 5)), [.. Fields(span, 1).Concat(Fields(span, 13).SelectMany(link => Fields(link, 1))).Select(id => Convert.ToHexStringLower(id.Span))]));
        }
    }

    private static string Text(IEnumerable<ReadOnlyMemory<byte>> field) => Encoding.UTF8.GetString(field.Single().Span);

    // The fields of a protobuf message that have this number and a length.
    private static List<ReadOnlyMemory<byte>> Fields(ReadOnlyMemory<byte> message, int number)
    {
        var (found, at) = (new List<ReadOnlyMemory<byte>>(), 0);
        while (at < message.Length)
        {
            var key = Number(message.Span, ref at);
            switch (key & 7)
            {
                case 0: Number(message.Span, ref at); break;
                case 1: at += 8; break;
                case 5: at += 4; break;
                default:
                    var length = (int)Number(message.Span, ref at);
                    if ((int)(key >> 3) == number) found.Add(message.Slice(at, length));
                    at += length;
                    break;
            }
        }

        return found;
    }

    private static ulong Number(ReadOnlySpan<byte> message, ref int at)
    {
        var (value, shift) = (0UL, 0);
        byte next;
        do
        {
            next = message[at++];
            value |= (ulong)(next & 0x7f) << shift;
            shift += 7;
        }
        while (next >= 0x80);
        return value;
    }
}
