using System.Collections.ObjectModel;
using System.Globalization;
using Realtime.Client;
using Terminal.Gui.App;
using Terminal.Gui.Drawing;
using Terminal.Gui.Input;
using Terminal.Gui.ViewBase;
using Terminal.Gui.Views;
using Attribute = Terminal.Gui.Drawing.Attribute;

namespace Realtime.Samples.Desktop;

/// <summary>The screen: the state of the link, the orders, and the keys.</summary>
internal sealed class OrdersWindow : Window
{
    /// <summary>Rows that are kept, the newest.</summary>
    private const int MostRows = 1_000;

    /// <summary>How often the screen takes what came, and counts down.</summary>
    private static readonly TimeSpan DrawEvery = TimeSpan.FromMilliseconds(100);

    private static readonly Color Paper = new("#0f172a"), Ink = new("#e2e8f0"), Quiet = new("#94a3b8"),
        Green = new("#4ade80"), Yellow = new("#facc15"), Red = new("#f87171"), Blue = new("#38bdf8");

    private readonly Reader _reader;
    private readonly TimeProvider _time;
    private readonly ObservableCollection<OrderRow> _rows = [];
    private readonly Label _state = new() { X = 1, Y = 0, Width = Dim.Fill(18), Height = 1 };
    private readonly Label _unread = new() { X = Pos.AnchorEnd(17), Y = 0, Width = 16, Height = 1, TextAlignment = Alignment.End };
    private readonly Label _notice = new() { X = 1, Y = 1, Width = Dim.Fill(1), Height = 1 };
    private readonly ListView _list = new() { X = 1, Y = 4, Width = Dim.Fill(1), Height = Dim.Fill(1), KeystrokeNavigator = null! };
    private readonly Dictionary<Key, Action> _keys;
    private long _came;

    public OrdersWindow(IApplication app, Reader reader, DesktopOptions options, TimeProvider time)
    {
        (_reader, _time) = (reader, time);
        Title = $"Orders of {(options.Token is null ? options.User : "the token's user")} · {options.Server.Authority}";
        SetScheme(SchemeOf(Ink));
        var header = new Label { X = 1, Y = 3, Width = Dim.Fill(1), Height = 1, Text = OrderRow.Header };
        header.SetScheme(SchemeOf(Quiet));
        _unread.SetScheme(SchemeOf(Blue));
        _list.SetSource(_rows);
        _list.SetScheme(SchemeOf(Ink));
        _list.RowRender += (_, row) =>
        {
            if (row.Row < _rows.Count && _rows[row.Row].IsMissed) row.RowAttribute = new Attribute(Yellow, Paper);
        };
        _keys = new()
        {
            [Key.T] = () => Begin(_reader.NextTransportAsync()),
            [Key.C] = () => Begin(_reader.State is null ? _reader.ConnectAsync() : _reader.CutAsync()),
            [Key.R] = () => Begin(_reader.ReconnectNowAsync()),
            [Key.A] = () => Begin(_reader.AcknowledgeAsync()),
            [Key.Q] = () => app.RequestStop(),
        };
        app.Keyboard.KeyDown += (_, key) =>
        {
            if (!_keys.TryGetValue(key.NoShift, out var act)) return;
            key.Handled = true;
            act();
        };
        var keys = new Label
        {
            X = 1,
            Y = Pos.AnchorEnd(1),
            Width = Dim.Fill(1),
            Height = 1,
            Text = "T transport   C cut / catch up   R reconnect now   A acknowledge   Q quit",
        };
        keys.SetScheme(SchemeOf(Quiet));
        Add(_state, _unread, _notice, header, _list, keys);
        app.AddTimeout(DrawEvery, () =>
        {
            Draw();
            return true;
        });
    }

    private static Scheme SchemeOf(Color ink) => new(new Attribute(ink, Paper));

    /// <summary>Keys do not wait for the network. What fails there is in the reader's state or notice.</summary>
    private static void Begin(Task task) => task.ContinueWith(
        failed => Console.Error.WriteLine(failed.Exception), CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted,
        TaskScheduler.Default);

    private void Draw()
    {
        var came = 0;
        while (came < MostRows && _reader.TryTake(out var row))
        {
            _rows.Insert(0, row);
            if (_rows.Count > MostRows) _rows.RemoveAt(MostRows);
            came++;
        }
        // Who looks at an older order keeps it in sight.
        if (came > 0 && _list.SelectedItem is > 0 and var selected) _list.SelectedItem = Math.Min(selected + came, _rows.Count - 1);
        _came += came;

        var state = _reader.State;
        _state.Text = $"{StateText.Of(state, _time.GetUtcNow())} ({_reader.Choice.Name})";
        _state.SetScheme(SchemeOf(state?.Phase switch
        {
            FeedPhase.Live => Green,
            FeedPhase.Closed => Red,
            _ => Yellow,
        }));
        _unread.Text = _reader.Unread is { } unread ? string.Create(CultureInfo.InvariantCulture, $"{unread:N0} unread") : "";
        _notice.Text = string.Create(CultureInfo.InvariantCulture,
            $"{_came:N0} came, {_reader.Missed:N0} of them while the link was down. {_reader.Notice ?? state?.Reason}");
    }
}
