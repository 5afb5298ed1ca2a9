package gate_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/gate"
)

func charted(at time.Time, above map[string]string) gate.Charted {
	return gate.Charted{Chart: &gate.Chart{At: at, Root: "r-ab12", Above: above}, Revision: 3}
}

// TestPlace: a chart counts for six hours. What it does not say, what is too old, of a time to come or of another
// release is not known, and the reason says what became of it.
func TestPlace(t *testing.T) {
	at := time.Date(2026, 12, 1, 10, 0, 0, 0, time.UTC)
	above := map[string]string{
		"222222222222": "ou-ab12-prod", "ou-ab12-prod": "ou-ab12-work", "ou-ab12-work": "r-ab12",
		"333333333333": "ou-ab12-gone", "444444444444": "ou-ab12-ring", "ou-ab12-ring": "ou-ab12-ring",
	}
	units := []string{"ou-ab12-prod", "ou-ab12-work", "r-ab12"}
	whole := charted(at, above)
	troubled := func(c gate.Charted) gate.Charted {
		c.Trouble, c.TroubleAt = "ThrottlingException: slow\x1b[31m down", at.Add(5*time.Hour)
		return c
	}
	for name, tc := range map[string]struct {
		stored  gate.Charted
		account string
		after   time.Duration
		want    []string
		why     string
	}{
		"just read":            {whole, "222222222222", 0, units, ""},
		"six hours old":        {whole, "222222222222", 6 * time.Hour, units, ""},
		"and it failed since":  {troubled(whole), "222222222222", 6 * time.Hour, units, ""},
		"too old":              {whole, "222222222222", 6*time.Hour + 1, nil, "at 2026-12-01 10:00 UTC, which counts for 6"},
		"too old, and why":     {troubled(whole), "222222222222", 7 * time.Hour, nil, "15:00 UTC it failed with: Throttling"},
		"clocks differ":        {whole, "222222222222", -10 * time.Minute, units, ""},
		"of a time to come":    {whole, "222222222222", -11 * time.Minute, nil, "a clock was wrong"},
		"not read yet":         {gate.Charted{}, "222222222222", 0, nil, "the next sweep reads it"},
		"never read":           {troubled(gate.Charted{}), "222222222222", 0, nil, "never read; at 2026-12-01 15:00 UTC"},
		"of a newer release":   {gate.Charted{Unread: "it has form 2"}, "222222222222", 0, nil, "be read: it has form 2"},
		"another organization": {whole, "555555555555", 0, nil, "account 555555555555 is in no unit"},
		"its unit is unknown":  {whole, "333333333333", 0, nil, "account 333333333333 is in no unit"},
		"units in a ring":      {whole, "444444444444", 0, nil, "account 444444444444 is in no unit"},
	} {
		t.Run(name, func(t *testing.T) {
			got := tc.stored.Place(tc.account, at.Add(tc.after))
			if d := cmp.Diff(tc.want, got.OUs); d != "" {
				t.Error(d)
			}
			if !strings.Contains(got.Why, tc.why) || (tc.why == "") != (got.Why == "") ||
				strings.Contains(got.Why, "\x1b") {
				t.Errorf("because %q, want %q", got.Why, tc.why)
			}
		})
	}
	if n := len(whole.Chart.Accounts()); n != 3 {
		t.Errorf("%d accounts", n)
	}
}

// TestChartIsDue once an hour, and at once where there is none that counts.
func TestChartIsDue(t *testing.T) {
	at := time.Date(2026, 12, 1, 10, 0, 0, 0, time.UTC)
	for after, want := range map[time.Duration]bool{
		0: false, 59 * time.Minute: false, time.Hour: true, -10 * time.Minute: false, -time.Hour: true,
	} {
		if got := charted(at, nil).Due(gate.Asks{OUs: true}, at.Add(after)); got != want {
			t.Errorf("%s later: %v", after, got)
		}
	}
	if !(gate.Charted{Unread: "it has form 2"}).Due(gate.Asks{}, at) || !(gate.Charted{}).Due(gate.Asks{}, at) {
		t.Error("none, and it is not due")
	}
}

// TestAsks: wherever a place may stand, what it asks about accounts is found.
func TestAsks(t *testing.T) {
	place := []gate.Where{{OUs: []string{"ou-ab12-prod"}}}
	outside := []gate.Where{{Accounts: []string{"222222222222"}, Except: place}}
	rule := func(r gate.Rule) gate.Config { return gate.Config{Controls: map[string]gate.Rule{"S3.8": r}} }
	for name, tc := range map[string]struct {
		config gate.Config
		over   gate.Overlay
		want   bool
	}{
		"nothing":    {gate.Config{}, gate.Overlay{}, false},
		"accounts":   {rule(gate.Rule{Where: []gate.Where{{Accounts: []string{"222222222222"}}}}), gate.Overlay{}, false},
		"where":      {rule(gate.Rule{Where: place}), gate.Overlay{}, true},
		"off in":     {rule(gate.Rule{OffIn: place}), gate.Overlay{}, true},
		"except":     {rule(gate.Rule{Where: outside}), gate.Overlay{}, true},
		"a window":   {gate.Config{Windows: []gate.Window{{About: gate.About{Where: place}}}}, gate.Overlay{}, true},
		"a freeze":   {gate.Config{Freezes: []gate.Freeze{{About: gate.About{Where: outside}}}}, gate.Overlay{}, true},
		"a calendar": {gate.Config{Calendars: []gate.Calendar{{About: gate.About{Where: place}}}}, gate.Overlay{}, true},
		"a ring":     {gate.Config{Rings: &gate.Rings{Order: []gate.Ring{{Where: place}}}}, gate.Overlay{}, true},
		"by hand":    {gate.Config{}, gate.Overlay{Disables: []gate.Disable{{Where: place[0]}}}, true},
		"everywhere": {gate.Config{}, gate.Overlay{Disables: []gate.Disable{{}}}, false},
	} {
		if got := tc.config.Asks(tc.over).Any(); got != tc.want {
			t.Errorf("%s: %v, want %v", name, got, tc.want)
		}
	}
}

// TestUnitsNotKnownSayWhy: the decision says why nobody knows where the account is.
func TestUnitsNotKnownSayWhy(t *testing.T) {
	in := input(mode(gate.Auto, gate.Where{OUs: []string{"ou-x"}}))
	in.Snapshots.Placed = gate.Charted{}.Place("222222222222", in.Now)
	d := gate.Decide(in)
	if d.Reason != gate.UnknownOUs || !strings.Contains(d.Detail, "not read yet") {
		t.Errorf("%+v", d)
	}
}

// TestAsksForTags: each key once, in order.
func TestAsksForTags(t *testing.T) {
	tags := func(keys ...string) gate.Where {
		w := gate.Where{AccountTags: map[string][]string{}}
		for _, key := range keys {
			w.AccountTags[key] = []string{"a"}
		}
		return w
	}
	c := gate.Config{Controls: map[string]gate.Rule{
		"S3.8": {Where: []gate.Where{tags("team", "env"), {Except: []gate.Where{tags("tier")}}}},
		"S3.9": {OffIn: []gate.Where{tags("env")}},
	}}
	if d := cmp.Diff(gate.Asks{Keys: []string{"env", "team", "tier"}}, c.Asks(gate.Overlay{})); d != "" {
		t.Error(d)
	}
}

// TestPlacesByAccountTags: every tag of a place is wanted, what is not known to be there is not known to be missing,
// and what is left out by a tag that is not known is left out.
func TestPlacesByAccountTags(t *testing.T) {
	dev := gate.Where{AccountTags: map[string][]string{"env": {"dev", "test"}}}
	both := gate.Where{AccountTags: map[string][]string{"env": {"dev"}, "team": {"web"}}}
	but := gate.Where{Accounts: []string{"222222222222"}, Except: []gate.Where{dev}}
	kept := []string{"env", "team"}
	tags := func(list ...string) map[string]string {
		out := map[string]string{}
		for i := 0; i < len(list); i += 2 {
			out[list[i]] = list[i+1]
		}
		return out
	}
	for name, tc := range map[string]struct {
		place  gate.Where
		placed gate.Placed
		want   gate.Reason
	}{
		"the tag":         {dev, gate.Placed{Tags: tags("env", "test"), Kept: kept}, gate.Allowed},
		"another value":   {dev, gate.Placed{Tags: tags("env", "prod"), Kept: kept}, gate.NotAutomatic},
		"other letters":   {dev, gate.Placed{Tags: tags("env", "Dev"), Kept: kept}, gate.NotAutomatic},
		"without the tag": {dev, gate.Placed{Tags: tags("team", "web"), Kept: kept}, gate.MissingAccountTag},
		"of a key that was not read": {
			dev, gate.Placed{Tags: tags("team", "web"), Kept: []string{"team"}}, gate.UnknownAccountTags,
		},
		"nothing known":        {dev, gate.Placed{}, gate.UnknownAccountTags},
		"both":                 {both, gate.Placed{Tags: tags("env", "dev", "team", "web"), Kept: kept}, gate.Allowed},
		"one of both":          {both, gate.Placed{Tags: tags("env", "dev"), Kept: kept}, gate.MissingAccountTag},
		"one of another value": {both, gate.Placed{Tags: tags("env", "prod"), Kept: kept}, gate.NotAutomatic},
		"left out":             {but, gate.Placed{Tags: tags("env", "dev"), Kept: kept}, gate.NotAutomatic},
		"not left out":         {but, gate.Placed{Tags: tags("env", "prod"), Kept: kept}, gate.Allowed},
		"perhaps left out":     {but, gate.Placed{Tags: tags(), Kept: kept}, gate.MissingAccountTag},
		"nobody knows":         {but, gate.Placed{}, gate.UnknownAccountTags},
	} {
		in := input(mode(gate.Auto, tc.place))
		in.Finding.Account = "222222222222"
		in.Trigger = gate.Imported
		in.Snapshots.Placed = tc.placed
		if d := gate.Decide(in); d.Reason != tc.want {
			t.Errorf("%s: %s, want %s", name, d.Reason, tc.want)
		}
	}
}

// TestAsksKnowAllPlaces: wherever a document may hold places, now or in a later release, what they ask is found. Else
// nobody would read it, and the place would never match.
func TestAsksKnowAllPlaces(t *testing.T) {
	places := 0
	for target := 0; target <= places; target++ {
		var c gate.Config
		at := 0
		path := place(reflect.ValueOf(&c).Elem(), "document", &at, target)
		if places = at; path != "" && !c.Asks(gate.Overlay{}).OUs {
			t.Errorf("%s asks for units, and nobody reads them", path)
		}
	}
	if places < 7 {
		t.Errorf("found %d lists of places", places)
	}
}

// place puts a place into one list of them in a value, the nth in order, and says which it was.
func place(v reflect.Value, path string, at *int, target int) (found string) {
	if v.Type() == reflect.TypeFor[[]gate.Where]() {
		if *at++; *at-1 != target {
			return ""
		}
		v.Set(reflect.ValueOf([]gate.Where{{OUs: []string{"ou-ab12-prod"}}}))
		return path
	}
	within := func(of reflect.Value, name string) {
		if text := place(of, path+name, at, target); text != "" {
			found = text
		}
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		within(v.Elem(), "")
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		within(v.Index(0), "[0]")
	case reflect.Map:
		one := reflect.New(v.Type().Elem()).Elem()
		within(one, ".S3.8")
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(reflect.ValueOf("S3.8").Convert(v.Type().Key()), one)
	case reflect.Struct:
		for n := range v.NumField() {
			if f := v.Type().Field(n); f.IsExported() {
				within(v.Field(n), "."+f.Name)
			}
		}
	}
	return found
}
