package wire

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"github.com/salve-security/salve/internal/around"
	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/engine"
	"github.com/salve-security/salve/internal/engine/share"
	"github.com/salve-security/salve/internal/engine/work"
	"github.com/salve-security/salve/internal/evaluate"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/hub"
	"github.com/salve-security/salve/internal/ledger"
	"github.com/salve-security/salve/internal/member"
	"github.com/salve-security/salve/internal/names"
	"github.com/salve-security/salve/internal/notify"
	"github.com/salve-security/salve/internal/plain"
	"github.com/salve-security/salve/internal/run"
	"github.com/salve-security/salve/internal/runbook"
)

// Ledger returns the ledger of the hub.
func Ledger(cfg aws.Config, s Settings) ledger.Ledger {
	return ledger.Ledger{DB: dynamodb.NewFromConfig(cfg), Table: s.Table}
}

// Known are the controls and the standards that an engine works with.
type Known struct {
	Controls  control.Registry
	Standards finding.Standards
	Listing   control.Catalogue // of controls without a playbook; nil where nobody needs it

	home names.Home
}

// Mapped is a control with its change carried out by a runbook that is not Salve's.
func (k Known) Mapped(id string, m control.Mapping) (control.Control, error) {
	if own, ok := k.Controls.Get(id); ok {
		return runbook.Mapped(&own, control.Listing{}, m)
	}
	var listed control.Listing
	ok := k.Listing != nil
	if ok {
		listed, ok = k.Listing(id)
	}
	if !ok {
		return control.Control{}, fault.New(fault.Refused, "control %s is in no list of a standard", id)
	}
	mapped, err := runbook.Mapped(nil, listed, m)
	if err != nil {
		return control.Control{}, err
	}
	return mapped.In(k.home), nil
}

// Ports are an engine's for what is known, which works with the hub's
// credentials in cfg. Owner names the process in claims; audit takes its audit lines.
func Ports(known Known, cfg aws.Config, s Settings, owner string, audit audit.Log) engine.Ports {
	book := Ledger(cfg, s)
	rules := &cached{book: book, now: time.Now}
	queue, api := sqs.NewFromConfig(cfg), regional(cfg)
	fanout := notify.NewFanout(sns.NewFromConfig(cfg), notify.Topics{
		Notices: s.NoticesTopic, Chat: s.ChatTopic, ChatMayLack: s.ChatMayLack,
	})
	sessions := member.Opener{Hub: cfg, Role: s.MemberRole, Home: s.Home, ExternalID: s.ExternalID}
	known.Controls, known.home = known.Controls.In(s.Home), s.Home
	return engine.Ports{
		Controls: known.Controls, Map: known.Mapped, Standards: known.Standards, Configured: rules.get, Stops: rules,
		ActionArn: s.ActionARN, Ledger: book, Turns: share.New(book), Budgets: share.NewBudgets(book),
		Starts: share.NewStarts(book), Slots: share.NewSlots(book, book), Sessions: sessions,
		Around:       &around.Finder{Charts: book, SSM: ssm.NewFromConfig(cfg), Sessions: sessions, Now: time.Now},
		Organization: around.Organization{API: organizations.NewFromConfig(cfg, patient)},
		SealKey:      book.SealKey,
		Hub:          hub.New(func(region string) hub.API { return api(region) }), Look: look(api), Tell: fanout.Tell,
		Nudge: nudge(queue, s.NowQueueURL, s.BulkQueueURL), Reject: reject(queue, s.DeadQueueURL), Audit: audit,
		Evaluate: evaluate.Asker{Sessions: sessions}.Again,
		Deaf:     deaf(eventbridge.NewFromConfig(cfg), s.Home),
		Beat:     func() {}, // only the function's are listened for
		Owner:    owner, Lease: names.Lease, Digest: s.Digest, Now: time.Now, Sleep: engine.Pause,
	}
}

// patient keeps the pace that AWS sets: the organization is read with hundreds of calls, of which it allows some eight
// a second.
func patient(o *organizations.Options) {
	const attempts = 6
	o.RetryMode, o.RetryMaxAttempts = aws.RetryModeAdaptive, attempts
}

// regional makes a Security Hub client a Region, once each.
func regional(cfg aws.Config) func(string) *securityhub.Client {
	var clients sync.Map
	return func(region string) *securityhub.Client {
		client, _ := clients.LoadOrStore(region, securityhub.NewFromConfig(cfg, func(o *securityhub.Options) {
			o.Region = region
		}))
		api, _ := client.(*securityhub.Client)
		return api
	}
}

func look(api func(string) *securityhub.Client) run.Look {
	return func(ctx context.Context, region string, keys []finding.Key) (map[finding.Key]finding.View, error) {
		return hub.Look(ctx, api(region), keys)
	}
}

// longestDelay is what SQS allows a message.
const longestDelay = 15 * time.Minute

// nudge sends checks to the queue of clicks where a person waits for the run, and
// behind the imported findings where nobody does.
func nudge(queue *sqs.Client, now, bulk string) work.Nudge {
	return func(ctx context.Context, r *run.Run, after time.Duration) error {
		if after > longestDelay {
			return nil // it would come too early, and the sweep finds the run
		}
		url := bulk
		if r.Waited() {
			url = now
		}
		body := fmt.Sprintf(`{%q:%q,"run":%q}`, names.MessageField, names.MessageCheck, r.ID)
		_, err := queue.SendMessage(ctx, &sqs.SendMessageInput{
			QueueUrl: &url, MessageBody: &body, DelaySeconds: int32((after + time.Second - 1) / time.Second),
		})
		if err != nil {
			return fmt.Errorf("send the check of run %s: %w", r.ID, err)
		}
		return nil
	}
}

// longestReason keeps a message's attribute small.
const longestReason = 512

func reject(queue *sqs.Client, url string) engine.Reject {
	return func(ctx context.Context, body, reason string) error {
		// SQS refuses empty values and control characters, and a refused message would never get out of the way.
		if reason = plain.Short(reason, longestReason); reason == "" {
			reason = "not given"
		}
		_, err := queue.SendMessage(ctx, &sqs.SendMessageInput{
			QueueUrl: &url, MessageBody: &body, MessageAttributes: map[string]types.MessageAttributeValue{
				"reason": {DataType: aws.String("String"), StringValue: &reason},
			},
		})
		if err != nil {
			return fmt.Errorf("move message to the dead letter queue: %w", err)
		}
		return nil
	}
}
