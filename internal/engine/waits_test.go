package engine_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	hubtypes "github.com/aws/aws-sdk-go-v2/service/securityhub/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/engine/work"
	"github.com/salve-security/salve/internal/fault"
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
func (w *world) unheard(t *testing.T, p *process) (id string, r *reader) {
	t.Helper()
	root := w.Root(w.member)
	w.record(t, root)
	w.config = gate.Config{Version: gate.Version, Controls: map[string]gate.Rule{
		"CloudWatch.1": {Mode: gate.Auto, Parameters: map[string]any{"subscribe": ann}},
	}}
	r = &reader{Sessions: p.Sessions, root: root}
	p.Sessions = r
	id = w.report(t, labhub.FindingSpec{
		Control: "CloudWatch.1", Consolidated: true, Severity: "LOW", Status: "FAILED", Account: w.member,
		Region: w.Region(), Resource: "AWS::::Account:" + w.member, ResourceType: "AwsAccount",
	})
	w.mark(t, id, hubtypes.WorkflowStatusNew) // an account has one finding, and other tests end it
	return id, r
}

// record makes a trail that writes to a log group, and takes away whatever the test makes besides.
func (w *world) record(t *testing.T, root aws.Config) {
	t.Helper()
	name, place := "waits", w.Region()+":"+w.member
	_, err := w.S3(w.member).CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String(name + "-" + w.member)})
	try(t, err)
	_, err = cloudwatchlogs.NewFromConfig(root).CreateLogGroup(t.Context(), &cloudwatchlogs.CreateLogGroupInput{
		LogGroupName: &name,
	})
	try(t, err)
	trails := cloudtrail.NewFromConfig(root)
	_, err = trails.CreateTrail(t.Context(), &cloudtrail.CreateTrailInput{
		Name: &name, S3BucketName: aws.String(name + "-" + w.member), IsMultiRegionTrail: aws.Bool(true),
		CloudWatchLogsLogGroupArn: aws.String("arn:aws:logs:" + place + ":log-group:" + name + ":*"),
		CloudWatchLogsRoleArn:     aws.String("arn:aws:iam::" + w.member + ":role/trail"),
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
		_, err = cloudwatch.NewFromConfig(root).DeleteAlarms(ctx, &cloudwatch.DeleteAlarmsInput{AlarmNames: w.alarms(t)})
		try(t, err)
		_, err = sns.NewFromConfig(root).DeleteTopic(ctx, &sns.DeleteTopicInput{
			TopicArn: aws.String("arn:aws:sns:" + place + ":cis-alarms"),
		})
		try(t, err)
		_, err = w.S3(w.member).DeleteBucket(ctx, &s3.DeleteBucketInput{Bucket: aws.String(name + "-" + w.member)})
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
func (w *world) alarms(t *testing.T) []string {
	t.Helper()
	out, err := cloudwatch.NewFromConfig(w.Root(w.member)).DescribeAlarms(context.Background(),
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
	w := newWorld(t)
	p := w.start(t)
	id, reader := w.unheard(t, p)
	began := w.clock.Now()
	p.handle(t, w.imported(t, id))

	if took := w.clock.Now().Sub(began); took > 0 {
		t.Errorf("the process waited %v for a person", took)
	}
	r := w.parked(t)
	w.shows(t, id, hubtypes.WorkflowStatusNotified, "It waits for "+question+".", r.ID,
		"Expected by "+r.Written.Add(48*time.Hour).UTC().Format("2006-01-02 15:04"))
	if d := cmp.Diff([]string{"RootUsage"}, w.alarms(t)); d != "" || len(p.told()) != 0 {
		t.Errorf("told %v; alarms (-want +got):\n%s", p.told(), d)
	}
	for range 3 {
		w.clock.move(12 * time.Hour)
		p.handle(t, sweep())
		w.parked(t)
	}
	reader.confirmed = true
	w.clock.move(later)
	p.handle(t, sweep())
	if r = w.ended(t, run.StatusVerified); reader.mails != 1 || r.Reason != "" {
		t.Errorf("%d mails; reason %q", reader.mails, r.Reason)
	}
	w.shows(t, id, hubtypes.WorkflowStatusResolved, "Salve fixed CloudWatch.1")
}

// parked is the one run there is, which waits for ann and keeps its lock.
func (w *world) parked(t *testing.T) *run.Run {
	t.Helper()
	r := w.only(t)
	if r.State != run.StateParked || !strings.Contains(r.Reason, question) || len(w.locks(t)) != 1 {
		t.Fatalf("run is %s, %s (%s); locks %v", r.State, r.Status, r.Reason, w.locks(t))
	}
	return r
}

// TestOtherAddressWhileARunWaits: the run that waits cannot take another
// parameter. It is named, can be taken back at once, and then the right address is asked.
func TestOtherAddressWhileARunWaits(t *testing.T) {
	w := newWorld(t)
	p := w.start(t)
	id, reader := w.unheard(t, p)
	p.handle(t, w.imported(t, id))
	waiting := w.parked(t)
	request := work.Request{
		Control: "CloudWatch.1", Actor: "alice", Scope: w.Region(), Target: waiting.Target(),
		Params: map[string]any{"subscribe": "right@example.org"},
	}
	if r, err := p.Apply(t.Context(), request); fault.Of(err) != fault.Refused ||
		!strings.Contains(err.Error(), waiting.ID+" came first with other parameters") {
		t.Errorf("apply %+v, %v", r, err)
	}
	if _, err := p.PreviewUndo(t.Context(), work.Takeback{Run: waiting.ID}); err != nil {
		t.Errorf("preview: %v", err)
	}
	undone := w.takenBack(t, p, waiting)
	w.shows(t, id, hubtypes.WorkflowStatusNew, "taken back by alice")
	if left := w.alarms(t); len(left) > 0 {
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
	w := newWorld(t)
	p := w.start(t)
	id, reader := w.unheard(t, p)
	reader.confirmed = true
	p.handle(t, w.imported(t, id))
	r := w.ended(t, run.StatusVerified)
	undone, err := p.Undo(t.Context(), r.ID, "tester")
	if err != nil || undone.Status != run.StatusUndone || len(w.alarms(t)) != 0 {
		t.Fatalf("undo: %v, %+v; alarms %v", err, undone, w.alarms(t))
	}
	topic := "arn:aws:sns:" + w.Region() + ":" + w.member + ":cis-alarms"
	left, err := sns.NewFromConfig(w.Root(w.member)).ListSubscriptionsByTopic(t.Context(),
		&sns.ListSubscriptionsByTopicInput{TopicArn: &topic})
	if err != nil || len(left.Subscriptions) != 1 || *left.Subscriptions[0].Endpoint != ann {
		t.Errorf("after the undo topic and subscription are %+v (%v)", left, err)
	}
}

// TestWaitsInVain: when the time that a confirmation can be given is over, people hear what was missing.
func TestWaitsInVain(t *testing.T) {
	w := newWorld(t)
	p := w.start(t)
	id, reader := w.unheard(t, p)
	p.handle(t, w.imported(t, id))
	for range 7 {
		w.clock.move(12 * time.Hour)
		p.handle(t, sweep())
	}
	w.ended(t, run.StatusUnverified)
	w.shows(t, id, hubtypes.WorkflowStatusNotified, "waited in vain for "+question)
	told := p.told()
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
			w := newWorld(t)
			x := &pair{takes: tc.takes}
			p := x.of(t, w.start(t), func(i *control.Info) {
				i.Waits = map[string]control.Wait{"B": {For: "somebody to press", Within: 48 * time.Hour}}
			})
			p.handle(t, w.imported(t, w.report(t, w.spec(w.bucket(t, nil)))))
			r := w.only(t)
			if r.Status != tc.want || (r.Reason == "It waits for somebody to press B.") != (tc.want == run.StatusParked) {
				t.Errorf("run is %s (%s), want %s", r.Status, r.Reason, tc.want)
			}
			if told := len(p.told()); (told == 1) != (tc.want == run.StatusUnverified) {
				t.Errorf("%d notices", told)
			}
		})
	}
}
