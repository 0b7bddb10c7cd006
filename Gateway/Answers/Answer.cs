using System.Reflection;
using Commerce.Gateway.Problems;
using Commerce.Gateway.Requests;
using Commerce.Kernel;
using Microsoft.AspNetCore.Http.Metadata;

namespace Commerce.Gateway.Answers;

/// <summary>What a route answers: a body with its headers, or a refusal as a problem.</summary>
/// <typeparam name="T">The body.</typeparam>
public sealed class Answer<T> : IResult, IEndpointMetadataProvider
{
    /// <summary>The body; null with a refusal.</summary>
    public T? Body { get; private init; }

    /// <summary>Why not; null with a body.</summary>
    public Refusal? Refusal { get; private init; }

    /// <summary>Version of the aggregate, shown as its ETag.</summary>
    public long? Version { get; init; }

    /// <summary>When the body changes though the version does not; null: never.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>200 unless something was created or is under way.</summary>
    public int Status { get; init; } = StatusCodes.Status200OK;

    /// <summary>Where the thing is from now on.</summary>
    public string? Location { get; init; }

    /// <summary>Whether an earlier request with the same key did it.</summary>
    public bool Repeated { get; init; }

    /// <summary>How long others may keep the answer; null: not at all.</summary>
    public TimeSpan? Cacheable { get; init; }

    /// <summary>The body as JSON, where it was written before; null: it is written now.</summary>
    public byte[]? Written { get; init; }

    /// <summary>A body.</summary>
    public static implicit operator Answer<T>(T body) => new() { Body = body };

    /// <summary>A refusal.</summary>
    public static implicit operator Answer<T>(Refusal refusal) => new() { Refusal = refusal };

    /// <summary>A body with its headers.</summary>
    public static Answer<T> Of(
        T body, long? version = null, int status = StatusCodes.Status200OK, string? location = null, bool repeated = false, TimeSpan? cacheable = null, byte[]? written = null,
        DateTimeOffset? until = null) =>
        new() { Body = body, Version = version, Until = until, Status = status, Location = location, Repeated = repeated, Cacheable = cacheable, Written = written };

    /// <inheritdoc/>
    public Task ExecuteAsync(HttpContext httpContext)
    {
        if (Refusal is { } refusal) return httpContext.Refuse(refusal);
        var response = httpContext.Response;
        response.Headers.CacheControl = Cacheable is { } age ? $"public, max-age={(int)age.TotalSeconds}" : "no-store";
        if (Location is not null) response.Headers.Location = Location;
        if (Repeated) response.Headers[Idempotency.Replayed] = "true";
        if (Version is { } version)
        {
            var etag = ETags.Of(version, Until);
            response.Headers.ETag = etag;
            if (httpContext.Request.HasAlready(etag))
            {
                response.StatusCode = StatusCodes.Status304NotModified;
                return Task.CompletedTask;
            }
        }

        response.StatusCode = Status;
        if (Written is { } written)
        {
            (response.ContentType, response.ContentLength) = ("application/json; charset=utf-8", written.Length);
            return response.Body.WriteAsync(written, httpContext.RequestAborted).AsTask();
        }

        return response.WriteAsJsonAsync(Body, Composition.GatewayJson.Options, httpContext.RequestAborted);
    }

    /// <inheritdoc/>
    public static void PopulateMetadata(MethodInfo method, EndpointBuilder builder)
    {
        builder.Metadata.Add(new ProducesResponseTypeMetadata(StatusCodes.Status200OK, typeof(T), ["application/json"]));
    }
}

/// <summary>Turns a grain's answer into a route's.</summary>
internal static class Answers
{
    /// <summary>A result as an answer, its value shown as <paramref name="show"/> says.</summary>
    public static Answer<TBody> Answer<T, TBody>(
        this Result<T> result, Func<T, TBody> show, Func<T, long>? version = null, Func<T, DateTimeOffset?>? until = null) => result.Ok
        ? Commerce.Gateway.Answers.Answer<TBody>.Of(show(result.Value), version?.Invoke(result.Value), repeated: result.Repeated, until: until?.Invoke(result.Value))
        : result.Refusal!;
}
