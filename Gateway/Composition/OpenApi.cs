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
    public static void AddShopOpenApi(this IServiceCollection services) => services.AddOpenApi("v1", options =>
    {
        options.OpenApiVersion = OpenApiSpecVersion.OpenApi3_1;
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
    });

    public static void MapShopOpenApi(this WebApplication app)
    {
        app.MapOpenApi().Allows(Audience.Public);
        app.MapScalarApiReference("/docs", scalar => scalar.WithTitle("Commerce").DisableDefaultFonts()).Allows(Audience.Public);
    }

    private static async Task Describe(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancel)
    {
        var metadata = context.Description.ActionDescriptor.EndpointMetadata;
        if (HttpMethods.IsPost(context.Description.HttpMethod ?? ""))
            (operation.Parameters ??= []).Add(new OpenApiParameter
            {
                Name = Idempotency.Header, In = ParameterLocation.Header, Required = metadata.OfType<KeyNeeded>().Any(),
                Description = "The same key and body again answers the current state and does nothing twice.",
                Schema = new OpenApiSchema { Type = JsonSchemaType.String, MinLength = 1, MaxLength = 255 },
            });
        if (metadata.OfType<Policy>().LastOrDefault() is not { To: Audience.Public })
            operation.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference("token", context.Document)] = [] }];
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
}
