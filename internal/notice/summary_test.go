package notice_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/notice"
	"github.com/salve-security/salve/internal/plain"
)

func TestSummary(t *testing.T) {
	flip := func(path string) notice.Change {
		return notice.Change{Path: path, Move: "~ " + path + ": false → true"}
	}
	tests := map[string]struct {
		changes []notice.Change
		limit   int
		want    string
	}{
		"none":    {nil, 100, ""},
		"one":     {[]notice.Change{flip("A")}, 100, "A: false → true"},
		"two":     {[]notice.Change{flip("A"), flip("B")}, 100, "A: false → true, B: false → true"},
		"added":   {[]notice.Change{{Move: "+ in tcp 22 from 0.0.0.0/0"}}, 100, "+ in tcp 22 from 0.0.0.0/0"},
		"rest":    {[]notice.Change{flip("A"), flip("B"), flip("C")}, 30, "A: false → true, 2 more"},
		"all fit": {[]notice.Change{flip("A"), flip("B")}, 32, "A: false → true, B: false → true"},
		"too long": {
			[]notice.Change{flip(strings.Repeat("x", 50)), flip("B")}, 30, strings.Repeat("x", 17) + "…, 1 more",
		},
		"hostile": {[]notice.Change{{Move: "~ a\r\nb: \x1b[2J → \u202Ec"}}, 100, "a b: [2J → c"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			got := notice.Summary(tc.changes, tc.limit)
			if got != tc.want {
				t.Errorf("Summary = %q, want %q", got, tc.want)
			}
			if n := plain.Length(got); n > tc.limit {
				t.Errorf("%d characters, at most %d", n, tc.limit)
			}
		})
	}
}

func TestLink(t *testing.T) {
	const filter = "#/findings?search=Id%3D%255Coperator%255C%253AEQUALS%255C%253A"
	tests := map[string]struct{ region, finding, want string }{
		"commercial": {
			"eu-west-1", "arn:a/b",
			"https://eu-west-1.console.aws.amazon.com/securityhub/home?region=eu-west-1" + filter + "arn%253Aa%252Fb",
		},
		"china": {
			"cn-north-1", "f", "https://cn-north-1.console.amazonaws.cn/securityhub/home?region=cn-north-1" + filter + "f",
		},
		"government": {
			"us-gov-east-1", "f",
			"https://us-gov-east-1.console.amazonaws-us-gov.com/securityhub/home?region=us-gov-east-1" + filter + "f",
		},
		"two digits": {
			"ap-southeast-10", "f",
			"https://ap-southeast-10.console.aws.amazon.com/securityhub/home?region=ap-southeast-10" + filter + "f",
		},
		"a console that is not known": {"us-iso-east-1", "f", ""},
		"no finding":                  {"eu-west-1", "", ""},
		"no region":                   {"", "f", ""},
		"forged region":               {"evil.example/?", "f", ""},
		"forged finding":              {"eu-west-1", "f> <script>", ""},
		"long finding":                {"eu-west-1", strings.Repeat("f", 513), ""},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			if got := notice.Link(tc.region, tc.finding); got != tc.want {
				t.Errorf("Link = %q, want %q", got, tc.want)
			}
		})
	}
}

func TestFindingOfAnotherRegion(t *testing.T) {
	n := about(notice.Fixed)
	n.FindingIn = "us-east-1"
	_, body := notice.Email(n)
	if !strings.Contains(body, "https://us-east-1.console") {
		t.Errorf("no link into the Region that has the finding in\n%s", body)
	}
}

func TestSummarise(t *testing.T) {
	at := func(kind notice.Kind, control, account, resource string) notice.Notice {
		n := about(kind)
		n.Control, n.Account, n.Resource = control, account, resource
		return n
	}
	got := notice.Summarise([]notice.Notice{
		at(notice.Fixed, "S3.8", "2", "b"), at(notice.Fixed, "S3.8", "1", "x"), at(notice.Fixed, "S3.8", "2", "a"),
		at(notice.Planned, "S3.8", "2", "c"), at(notice.Failed, "S3.8", "2", "d"), at(notice.Fixed, "S3.5", "2", "e"),
		at(notice.Denied, "S3.8", "2", "f"), at(notice.Denied, "S3.8", "2", "g"), at(notice.Denied, "S3.5", "2", "f"),
		at(notice.Denied, "S3.5", "2", "g"), at(notice.Denied, "S3.5", "2", "h"),
	})
	var says []string
	for _, n := range got {
		text := string(n.Kind) + " " + n.Control + " " + n.Account + " " + n.Resource
		for _, e := range n.Entries {
			text += string(n.Of) + ":" + e.Resource + " "
		}
		says = append(says, strings.TrimSpace(text))
	}
	want := []string{
		"digest S3.5 2 denied:f denied:g denied:h", "denied S3.8 2 f", "denied S3.8 2 g", "failed S3.8 2 d",
		"fixed S3.8 1 x", "fixed S3.5 2 e", "digest S3.8 2 fixed:a fixed:b", "planned S3.8 2 c",
	}
	if diff := cmp.Diff(want, says); diff != "" {
		t.Errorf("notices (-want +got):\n%s", diff)
	}
	if again := notice.Summarise(nil); again != nil {
		t.Errorf("nothing makes %v", again)
	}
}

func TestDigestRegion(t *testing.T) {
	n := digest()
	if n.Region != "" || n.Kind != notice.Digest || n.Of != notice.Fixed {
		t.Errorf("digest over two Regions %+v", n)
	}
	if !slices.ContainsFunc(n.Entries, func(e notice.Entry) bool { return e.Region == "us-east-1" }) {
		t.Error("an entry lost its Region")
	}
	if want := at().Add(2 * 60e9); !n.When.Equal(want) {
		t.Errorf("when %v, want the latest, %v", n.When, want)
	}
}

// TestClaimed: what only its own runbook says to be done is not told as read, nor is a way back that there is not.
func TestClaimed(t *testing.T) {
	one := about(notice.Fixed)
	one.Claim, one.Undo = "Prove.Closed", ""
	other := one
	other.Resource, other.RunID = "arn:aws:s3:::web", "01JD7K3X"
	for name, n := range map[string]notice.Notice{"one": one, "digest": notice.Summarise([]notice.Notice{one, other})[0]} {
		t.Run(name, func(t *testing.T) {
			_, mail := notice.Email(n)
			if !strings.Contains(mail, "says by its output Prove.Closed") || strings.Contains(mail, "fresh read") ||
				strings.Contains(mail, "salve undo") || strings.Contains(mail, "take it back") {
				t.Errorf("mail:\n%s", mail)
			}
		})
	}
}
