package wire

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/lab"
	"github.com/salve-security/salve/internal/names"
)

func TestAuditLogMakesAStreamADay(t *testing.T) {
	var lost []error
	group := world.Getenv(names.EnvAuditLogGroup)
	write := AuditLog(world.Root(world.Hub()), group, func(_ audit.Line, err error) { lost = append(lost, err) })
	today := time.Now().UTC().Truncate(24 * time.Hour).Add(time.Hour)
	yesterday := today.Add(-24 * time.Hour)
	world.ClearCalls()
	for i, at := range []time.Time{yesterday, yesterday.Add(time.Second), today, yesterday.Add(time.Minute), today} {
		write(t.Context(), audit.Line{Time: at, Event: "finished", Run: "r" + string(rune('0'+i))})
	}
	if len(lost) > 0 {
		t.Fatalf("lost: %v", lost)
	}
	made := 0
	for _, c := range world.Calls(0) {
		if c.Operation == "CreateLogStream" {
			made++
		}
	}
	if made != 2 {
		t.Errorf("made %d streams, want one a day", made)
	}
	want := map[string][]string{
		"cli/" + yesterday.Format(time.DateOnly): {"r0", "r1", "r3"},
		"cli/" + today.Format(time.DateOnly):     {"r2", "r4"},
	}
	got := map[string][]string{}
	for stream := range want {
		got[stream] = runsOf(t, group, stream)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// runsOf lists the runs of a stream's lines.
func runsOf(t *testing.T, group, stream string) []string {
	t.Helper()
	out, err := cloudwatchlogs.NewFromConfig(world.Root(world.Hub())).GetLogEvents(t.Context(),
		&cloudwatchlogs.GetLogEventsInput{LogGroupName: &group, LogStreamName: &stream, StartFromHead: aws.Bool(true)})
	if err != nil {
		t.Fatal(err)
	}
	var runs []string
	for _, e := range out.Events {
		var line struct{ Audit audit.Line }
		if err := json.Unmarshal([]byte(aws.ToString(e.Message)), &line); err != nil {
			t.Fatalf("line %q: %v", aws.ToString(e.Message), err)
		}
		runs = append(runs, line.Audit.Run)
	}
	slices.Sort(runs)
	return runs
}

func TestAuditLogSaysWhatItLost(t *testing.T) {
	tests := map[string]struct {
		group string
		fault lab.Fault
	}{
		"no such group": {group: "/salve/nowhere"},
		"logs are down": {
			group: world.Getenv(names.EnvAuditLogGroup),
			fault: lab.Fault{Service: "logs", Operation: "PutLogEvents", Error: lab.Fault500},
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Cleanup(world.ClearFaults)
			if tc.fault.Error != "" {
				if err := world.Inject(tc.fault); err != nil {
					t.Fatal(err)
				}
			}
			lost := 0
			write := AuditLog(world.Root(world.Hub()), tc.group, func(line audit.Line, _ error) {
				if lost++; line.Run != "r0" {
					t.Errorf("lost %+v", line)
				}
			})
			write(t.Context(), audit.Line{Time: time.Now(), Event: "finished", Run: "r0"})
			if lost != 1 {
				t.Errorf("told of %d lost lines, want 1", lost)
			}
		})
	}
}
