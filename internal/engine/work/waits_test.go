package work_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/engine/work"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/gate"
	labhub "github.com/salve-security/salve/internal/lab/securityhub"
	"github.com/salve-security/salve/internal/notice"
	"github.com/salve-security/salve/internal/run"
)

const (
	ann      = "ann@example.org"
	question = "somebody to confirm the subscription of ann@example.org to cis-alarms"
)

// reader gets a mail from SNS and confirms when she finds the time. The lab's mails are confirmed at once, so
// until then its answers are told otherwise.
type reader struct {
	work.Sessions
	root      aws.Config // of the member
	mails     int
	confirmed bool
}

// Open is a session in which the lab waits for the reader.
func (r *reader) Open(ctx context.Context, ask control.SessionRequest) (aws.Config, error) {
	cfg, err := r.Sessions.Open(ctx, ask)
	if err != nil {
		return cfg, err
	}
	client := sns.NewFromConfig(r.root)
	playbooktest.StandIn{
		"Subscribe": func(in any) (any, error) {
			r.mails++
			return client.Subscribe(ctx, in.(*sns.SubscribeInput))
		},
		"GetTopicAttributes": func(in any) (any, error) {
			out, err := client.GetTopicAttributes(ctx, in.(*sns.GetTopicAttributesInput))
			if err == nil && !r.confirmed {
				out.Attributes["SubscriptionsConfirmed"] = "0"
			}
			return out, err
		},
		"ListSubscriptionsByTopic": func(in any) (any, error) {
			out, err := client.ListSubscriptionsByTopic(ctx, in.(*sns.ListSubscriptionsByTopicInput))
			for i := range out.Subscriptions {
				if !r.confirmed {
					out.Subscriptions[i].SubscriptionArn = aws.String("PendingConfirmation")
				}
			}
			return out, err
		},
	}.AddTo(&cfg)
	return cfg, nil
}

// unheard is a member with a trail and nobody to tell, in whose configuration ann is to be subscribed. It returns
// the finding that says so, and the reader.
func unheard(t *testing.T, w *enginetest.World, p *enginetest.Process) (id string, r *reader) {
	t.Helper()
	root := w.Root(enginetest.Member)
	record(t, w, root)
	w.Config = gate.Config{Version: gate.Version, Controls: map[string]gate.Rule{
		"CloudWatch.1": {Mode: gate.Auto, Parameters: map[string]any{"subscribe": ann}},
	}}
	r = &reader{Sessions: p.Sessions, root: root}
	p.Sessions = r
	id = w.Report(t, labhub.FindingSpec{
		Control: "CloudWatch.1", Consolidated: true, Severity: "LOW", Status: "FAILED", Account: enginetest.Member,
		Region: enginetest.Region, Resource: "AWS::::Account:" + enginetest.Member, ResourceType: "AwsAccount",
	})
	w.Mark(t, id, finding.New) // an account has one finding, and other tests end it
	return id, r
}

// record makes a trail that writes to a log group, and takes away whatever the test makes besides.
func record(t *testing.T, w *enginetest.World, root aws.Config) {
	t.Helper()
	name, place := "waits", enginetest.Region+":"+enginetest.Member
	_, err := w.S3(enginetest.Member).CreateBucket(t.Context(), &s3.CreateBucketInput{Store: aws.String(name + "-" + enginetest.Member)})
	try(t, err)
	_, err = cloudwatchlogs.NewFromConfig(root).CreateLogGroup(t.Context(), &cloudwatchlogs.CreateLogGroupInput{
		LogGroupName: &name,
	})
	try(t, err)
	trails := cloudtrail.NewFromConfig(root)
	_, err = trails.CreateTrail(t.Context(), &cloudtrail.CreateTrailInput{
		Name: &name, S3BucketName: aws.String(name + "-" + enginetest.Member), IsMultiRegionTrail: aws.Bool(true),
		CloudWatchLogsLogGroupArn: aws.String("arn:aws:logs:" + place + ":log-group:" + name + ":*"),
		CloudWatchLogsRoleArn:     aws.String("arn:aws:iam::" + enginetest.Member + ":role/trail"),
	})
	try(t, err)
	_, err = trails.StartLogging(t.Context(), &cloudtrail.StartLoggingInput{Name: &name})
	try(t, err)
	t.Cleanup(func() {
		ctx := context.Background()
		_, err := trails.DeleteTrail(ctx, &cloudtrail.DeleteTrailInput{Name: &name})
		try(t, err)
		_, err = cloudwatchlogs.NewFromConfig(root).DeleteLogGroup(ctx, &cloudwatchlogs.DeleteLogGroupInput{
			LogGroupName: &name,
		})
		try(t, err)
		_, err = cloudwatch.NewFromConfig(root).DeleteAlarms(ctx, &cloudwatch.DeleteAlarmsInput{AlarmNames: alarms(t, w)})
		try(t, err)
		_, err = sns.NewFromConfig(root).DeleteTopic(ctx, &sns.DeleteTopicInput{
			TopicArn: aws.String("arn:aws:sns:" + place + ":cis-alarms"),
		})
		try(t, err)
		_, err = w.S3(enginetest.Member).DeleteBucket(ctx, &s3.DeleteBucketInput{Store: aws.String(name + "-" + enginetest.Member)})
		try(t, err)
	})
}

func try(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// alarms are the names of the member's.
func alarms(t *testing.T, w *enginetest.World) []string {
	t.Helper()
	out, err := cloudwatch.NewFromConfig(w.Root(enginetest.Member)).DescribeAlarms(context.Background(),
		&cloudwatch.DescribeAlarmsInput{})
	try(t, err)
	names := []string{}
	for _, a := range out.MetricAlarms {
		names = append(names, *a.AlarmName)
	}
	return names
}

// TestWaitsForAPerson: a run that needs somebody's confirmation parks without holding a process, says whose, asks
// once, and ends when it is given, days later.
func TestWaitsForAPerson(t *testing.T) {
	w := enginetest.New(t)
	p := w.Start()
	id, reader := unheard(t, w, p)
	began := w.Clock.Now()
	p.Handled(t, w.Imported(t, id))

	if took := w.Clock.Now().Sub(began); took > 0 {
		t.Errorf("the process waited %v for a person", took)
	}
	r := parked(t, w)
	w.Shows(t, id, finding.Notified, "It waits for "+question+".", r.ID,
		"Expected by "+r.Written.Add(48*time.Hour).UTC().Format("2006-01-02 15:04"))
	if d := cmp.Diff([]string{"RootUsage"}, alarms(t, w)); d != "" || len(p.Told()) != 0 {
		t.Errorf("told %v; alarms (-want +got):\n%s", p.Told(), d)
	}
	for range 3 {
		w.Clock.Move(12 * time.Hour)
		p.Handled(t, enginetest.Sweep())
		parked(t, w)
	}
	reader.confirmed = true
	w.Clock.Move(enginetest.Later)
	p.Handled(t, enginetest.Sweep())
	if r = w.Ended(t, run.StatusVerified); reader.mails != 1 || r.Reason != "" {
		t.Errorf("%d mails; reason %q", reader.mails, r.Reason)
	}
	w.Shows(t, id, finding.Resolved, "Salve fixed CloudWatch.1")
}

// parked is the one run there is, which waits for ann and keeps its lock.
func parked(t *testing.T, w *enginetest.World) *run.Run {
	t.Helper()
	r := w.Only(t)
	if r.State != run.StateParked || !strings.Contains(r.Reason, question) || len(w.Ledger.Locks()) != 1 {
		t.Fatalf("run is %s, %s (%s); locks %v", r.State, r.Status, r.Reason, w.Ledger.Locks())
	}
	return r
}

// TestOtherAddressWhileARunWaits: the run that waits cannot take another
// parameter. It is named, can be taken back at once, and then the right address is asked.
func TestOtherAddressWhileARunWaits(t *testing.T) {
	w := enginetest.New(t)
	p := w.Start()
	id, reader := unheard(t, w, p)
	p.Handled(t, w.Imported(t, id))
	waiting := parked(t, w)
	request := work.Request{
		Control: "CloudWatch.1", Actor: "alice", Scope: enginetest.Region, Target: waiting.Target(),
		Params: map[string]any{"subscribe": "right@example.org"},
	}
	if r, err := p.Apply(t.Context(), request); fault.Of(err) != fault.Refused ||
		!strings.Contains(err.Error(), waiting.ID+" came first with other parameters") {
		t.Errorf("apply %+v, %v", r, err)
	}
	if _, err := p.PreviewUndo(t.Context(), work.Takeback{Run: waiting.ID}); err != nil {
		t.Errorf("preview: %v", err)
	}
	undone := w.TakenBack(t, p, waiting)
	w.Shows(t, id, finding.New, "taken back by alice")
	if left := alarms(t, w); len(left) > 0 {
		t.Errorf("alarms %v", left)
	}
	if r, err := p.Ledger.Get(t.Context(), waiting.ID); err != nil || r.Status != run.StatusUnverified ||
		r.State != run.StateClosed || r.UndoneBy != undone.ID {
		t.Errorf("the run that waited is %+v, %v", r, err)
	}
	reader.confirmed = true
	if r, err := p.Apply(t.Context(), request); err != nil || r.Status != run.StatusVerified {
		t.Errorf("apply %+v, %v", r, err)
	}
}

// TestUndoLeavesWhoHears: the undo of a run that made a topic takes the alarm away, and nothing that others may use.
func TestUndoLeavesWhoHears(t *testing.T) {
	w := enginetest.New(t)
	p := w.Start()
	id, reader := unheard(t, w, p)
	reader.confirmed = true
	p.Handled(t, w.Imported(t, id))
	r := w.Ended(t, run.StatusVerified)
	undone, err := p.Undo(t.Context(), r.ID, "tester")
	if err != nil || undone.Status != run.StatusUndone || alarms(t, len(w)) != 0 {
		t.Fatalf("undo: %v, %+v; alarms %v", err, undone, alarms(t, w))
	}
	topic := "arn:aws:sns:" + enginetest.Region + ":" + enginetest.Member + ":cis-alarms"
	left, err := sns.NewFromConfig(w.Root(enginetest.Member)).ListSubscriptionsByTopic(t.Context(),
		&sns.ListSubscriptionsByTopicInput{TopicArn: &topic})
	if err != nil || len(left.Subscriptions) != 1 || *left.Subscriptions[0].Endpoint != ann {
		t.Errorf("after the undo topic and subscription are %+v (%v)", left, err)
	}
}

// TestWaitsInVain: when the time that a confirmation can be given is over, people hear what was missing.
func TestWaitsInVain(t *testing.T) {
	w := enginetest.New(t)
	p := w.Start()
	id, reader := unheard(t, w, p)
	p.Handled(t, w.Imported(t, id))
	for range 7 {
		w.Clock.Move(12 * time.Hour)
		p.Handled(t, enginetest.Sweep())
	}
	w.Ended(t, run.StatusUnverified)
	w.Shows(t, id, finding.Notified, "waited in vain for "+question)
	told := p.Told()
	if len(told) != 1 || told[0].Kind != notice.Unverified || !strings.Contains(told[0].Why, question) {
		t.Errorf("told %+v", told)
	}
	if reader.mails != 1 {
		t.Errorf("%d mails", reader.mails)
	}
}

// TestOnlyPeopleGetThatLong: while AWS itself owes anything the control's own time holds, and people hear of a
// failure at once, however long a person's part may take.
func TestOnlyPeopleGetThatLong(t *testing.T) {
	for name, tc := range map[string]struct {
		takes int // how many of A and B are shown, in this order
		want  run.Status
	}{
		"A and B are missing": {0, run.StatusUnverified},
		"B is missing":        {1, run.StatusParked},
	} {
		t.Run(name, func(t *testing.T) {
			w := enginetest.New(t)
			x := &pair{takes: tc.takes}
			p := x.of(t, w.Start(), func(i *control.Info) {
				i.Waits = map[string]control.Wait{"B": {For: "somebody to press", Within: 48 * time.Hour}}
			})
			p.Handled(t, w.Imported(t, w.Report(t, enginetest.Spec(w.Store(t, nil)))))
			r := w.Only(t)
			if r.Status != tc.want || (r.Reason == "It waits for somebody to press B.") != (tc.want == run.StatusParked) {
				t.Errorf("run is %s (%s), want %s", r.Status, r.Reason, tc.want)
			}
			if told := len(p.Told()); (told == 1) != (tc.want == run.StatusUnverified) {
				t.Errorf("%d notices", told)
			}
		})
	}
}
