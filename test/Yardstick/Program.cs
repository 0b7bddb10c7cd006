using Commerce.Yardstick;
using Npgsql;

var builder = WebApplication.CreateSlimBuilder(args);
builder.Logging.ClearProviders();
builder.Logging.SetMinimumLevel(LogLevel.Warning);
builder.Logging.AddSimpleConsole(console => console.SingleLine = true);
builder.WebHost.UseUrls(builder.Configuration["Http"] ?? throw new InvalidOperationException("Http is missing: where to listen, such as http://127.0.0.1:5090."));
builder.WebHost.ConfigureKestrel(kestrel => kestrel.AddServerHeader = false);
builder.Services.ConfigureHttpJsonOptions(json => json.SerializerOptions.TypeInfoResolverChain.Insert(0, ShopJson.Default));

var connection = builder.Configuration.GetConnectionString("yardstick") ?? throw new InvalidOperationException("ConnectionStrings__yardstick is missing: how PostgreSQL is reached.");
var shop = new SqlShop(NpgsqlDataSource.Create(SqlShop.Tuned(connection)));
await shop.CreateSchema();
builder.Services.AddSingleton(shop);
// The relay is on when there is a broker to relay to.
if (builder.Configuration.GetConnectionString("broker") is { Length: > 0 } broker)
    builder.Services.AddHostedService(services => new OutboxRelay(connection, new Uri(broker), services.GetRequiredService<ILogger<OutboxRelay>>()));

var app = builder.Build();
Endpoints.Map(app);
await app.RunAsync();
