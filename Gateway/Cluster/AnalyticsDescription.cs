using Commerce.Gateway.Composition;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Commerce.Gateway.Cluster;

/// <summary>
/// The questions Analytics answers, in the gateway's description of the interface. The gateway does not know Analytics' types, and the description must not
/// depend on a replica being there; so it is a file, which a test compares with what Analytics says of itself.
/// </summary>
internal sealed class AnalyticsDescription : IOpenApiDocumentTransformer
{
    internal const string Resource = "analytics.openapi.json";

    public Task TransformAsync(OpenApiDocument document, OpenApiDocumentTransformerContext context, CancellationToken cancellationToken)
    {
        var analytics = Read();
        var problem = document.Paths.Values.SelectMany(path => path.Operations ?? []).Select(operation => operation.Value.Responses?["default"]).First(response => response is not null);
        foreach (var (path, item) in analytics.Paths)
        {
            document.Paths.Add(path, item);
            foreach (var operation in (item.Operations ?? []).Values)
            {
                operation.Security = [OpenApi.TokenNeeded(document)];
                (operation.Responses ??= []).Add("default", problem!);
            }
        }

        document.Components!.Schemas ??= new Dictionary<string, IOpenApiSchema>();
        foreach (var (name, schema) in analytics.Components!.Schemas!) document.Components.Schemas.TryAdd(name, schema);
        (document.Tags ??= new HashSet<OpenApiTag>()).Add(new OpenApiTag { Name = "Analytics" });
        return Task.CompletedTask;
    }

    private static OpenApiDocument Read()
    {
        using var file = typeof(AnalyticsDescription).Assembly.GetManifestResourceStream(Resource)!;
        using var text = new MemoryStream();
        file.CopyTo(text);
        text.Position = 0;
        return OpenApiDocument.Load(text, "json").Document!;
    }
}
