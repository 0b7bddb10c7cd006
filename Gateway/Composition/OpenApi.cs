using System.Text;
using Commerce.Gateway.Access;
using Commerce.Gateway.Problems;
using Commerce.Gateway.Requests;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using Scalar.AspNetCore;

namespace Commerce.Gateway.Composition;

/// <summary>The interface described for programs (<c>/openapi/v1.json</c>) and people (<c>/docs</c>).</summary>
internal static class OpenApi
{
    private const OpenApiSpecVersion Version = OpenApiSpecVersion.OpenApi3_1;

    private const string Time = "date-time";

    public static void AddShopOpenApi(this IServiceCollection services) => services.AddOpenApi("v1", options =>
    {
        options.OpenApiVersion = Version;
        options.AddDocumentTransformer((document, _, _) =>
        {
            document.Info.Title = "Commerce";
            document.Info.Version = "1";
            document.Info.Description = "Money leaves as {amount, currency, minor} and comes as {minor, currency}. Errors are problem+json with a stable code. "
                + "There is no tax and no shipping fee yet.";
            document.Servers = [];
            document.Components ??= new OpenApiComponents();
            document.Components.SecuritySchemes ??= new Dictionary<string, IOpenApiSecurityScheme>();
            document.Components.SecuritySchemes["token"] = new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.Http, Scheme = "bearer", Description = "The operator's token, or the order token that checkout returned.",
            };
            return Task.CompletedTask;
        });
        options.AddOperationTransformer(Describe);
        options.AddSchemaTransformer(Describe);
    });

    public static void MapShopOpenApi(this WebApplication app)
    {
        // Nothing in it depends on who asks, nor by which name of the shop: it is written for the first who does, and anew after a failure only.
        Task<byte[]>? document = null;
        Task<byte[]> Document() => document is { IsFaulted: false, IsCanceled: false } ? document : document = Write(app.Services.GetRequiredKeyedService<IOpenApiDocumentProvider>("v1"));
        app.MapGet("/openapi/v1.json", async () => Results.Bytes(await Document(), "application/json; charset=utf-8")).ExcludeFromDescription().Allows(Audience.Public);
        app.MapScalarApiReference("/docs", scalar => scalar.WithTitle("Commerce").DisableDefaultFonts()).Allows(Audience.Public);
    }

    /// <summary>That a token is needed.</summary>
    public static OpenApiSecurityRequirement TokenNeeded(OpenApiDocument document) => new() { [new OpenApiSecuritySchemeReference("token", document)] = [] };

    private static async Task<byte[]> Write(IOpenApiDocumentProvider provider) =>
        Encoding.UTF8.GetBytes(await (await provider.GetOpenApiDocumentAsync()).SerializeAsJsonAsync(Version));

    private static async Task Describe(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancel)
    {
        var metadata = context.Description.ActionDescriptor.EndpointMetadata;
        if (HttpMethods.IsPost(context.Description.HttpMethod ?? ""))
            Header(operation, new ReadsHeader(
                Idempotency.Header, "The same key and body again answers the current state and does nothing twice; 1 to 255 characters.", metadata.OfType<KeyNeeded>().Any()));
        foreach (var header in metadata.OfType<ReadsHeader>()) Header(operation, header);
        if (metadata.OfType<Policy>().LastOrDefault() is not { To: Audience.Public })
            operation.Security = [TokenNeeded(context.Document!)];
        operation.Responses ??= [];
        operation.Responses["default"] = new OpenApiResponse
        {
            Description = "A problem, with a stable code.",
            Content = new Dictionary<string, OpenApiMediaType>
            {
                ["application/problem+json"] = new() { Schema = await context.GetOrCreateSchemaAsync(typeof(Problem), cancellationToken: cancel) },
            },
        };
    }

    private static Task Describe(OpenApiSchema schema, OpenApiSchemaTransformerContext context, CancellationToken cancel)
    {
        // Nulls are left out, and times have a converter whose form nobody could know.
        schema.Required?.ExceptWith(context.JsonTypeInfo.Properties.Where(field => field.IsGetNullable).Select(field => field.Name));
        if (context.JsonTypeInfo.Type == typeof(DateTimeOffset)) (schema.Type, schema.Format) = (JsonSchemaType.String, Time);
        if (context.JsonTypeInfo.Type == typeof(DateTimeOffset?)) (schema.Type, schema.Format) = (JsonSchemaType.String | JsonSchemaType.Null, Time);
        return Task.CompletedTask;
    }

    private static void Header(OpenApiOperation operation, ReadsHeader header) => (operation.Parameters ??= []).Add(new OpenApiParameter
    {
        Name = header.Name, In = ParameterLocation.Header, Required = header.Needed, Description = header.Description,
        Schema = new OpenApiSchema { Type = JsonSchemaType.String },
    });
}

/// <summary>A header that a route reads, for the description of the interface.</summary>
/// <param name="Name">The header.</param>
/// <param name="Description">What it does.</param>
/// <param name="Needed">Whether the route refuses without it.</param>
internal sealed record ReadsHeader(string Name, string Description, bool Needed = false)
{
    /// <summary>The ETag of what is overwritten.</summary>
    public static ReadsHeader IfMatch(bool needed) => new("If-Match", "The ETag as it was read: refused with version-mismatch when it has changed since.", needed);

    /// <summary>How long to wait for the end.</summary>
    public static readonly ReadsHeader Wait = new("Prefer", "'wait=N' answers when nothing moves by itself any more, at the latest after N seconds (at most 60).");
}
