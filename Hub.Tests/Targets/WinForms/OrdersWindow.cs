using System.Windows.Forms;
using Realtime.Client;

// The snippet of docs/clients.md; a test compares them.
internal sealed class OrdersWindow(Func<CancellationToken, ValueTask<string>> getToken) : Form
{
    private readonly ListBox _orders = new() { Dock = DockStyle.Fill };
    private readonly CancellationTokenSource _closing = new();

    protected override async void OnLoad(EventArgs e)
    {
        base.OnLoad(e);
        Controls.Add(_orders);
        try
        {
            await using var feed = await OrderFeed.ConnectAsync(new()
            {
                Server = new("https://hub.example"),
                Token = getToken,
                CursorStore = new FileCursorStore(Path.Combine(Application.LocalUserAppDataPath, "cursors")),
                CallbackContext = SynchronizationContext.Current,      // OnStateChanged and OnGap run on this window's thread
                OnStateChanged = state => Text = $"{state.Phase} {state.Reason}",
            }, _closing.Token);
            await foreach (var order in feed.ReadAllAsync(_closing.Token)) _orders.Items.Add($"{order.Type} {order.OrderId}");
        }
        catch (OperationCanceledException)
        {
            // The window was closed.
        }
    }

    protected override void OnFormClosed(FormClosedEventArgs e)
    {
        _closing.Cancel();
        base.OnFormClosed(e);
    }
}
