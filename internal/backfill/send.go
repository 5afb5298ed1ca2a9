package backfill

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/replay"
)

// Send sends what is listed and was not sent yet, each finding as Security Hub has it by then. A process that dies
// between the queue and the journal sends a handful again, under the same ids: to the engine they are one event.
func (b *Backfill) Send(ctx context.Context) error {
	order := b.Journal.known.order()
	of := len(order) + b.Journal.known.sent + b.Journal.known.settled
	if !b.Journal.known.begun && len(order) > 0 {
		if err := b.Journal.add(line{Begun: true}); err != nil {
			return err
		}
	}
	for part := range slices.Chunk(order, perLook) {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("interrupted: %w", err)
		}
		if err := b.part(ctx, part); err != nil {
			return err
		}
		b.Said(Progress{Listed: b.Journal.known.count(), Sent: b.Journal.known.sent, Of: of})
	}
	return nil
}

// ready is a message with the number of its finding.
type ready struct {
	number int
	Message
}

// part sends some findings.
func (b *Backfill) part(ctx context.Context, numbers []int) error {
	list, settled, err := b.ready(ctx, numbers)
	if err != nil {
		return err
	}
	if len(settled) > 0 {
		if err := b.Journal.add(line{Done: &done{Settled: settled}}); err != nil {
			return err
		}
	}
	for len(list) > 0 {
		size, n := 0, 0
		for n < min(len(list), perSend) && (n == 0 || size+len(list[n].Body) <= maxSend) {
			size, n = size+len(list[n].Body), n+1
		}
		if err := b.batch(ctx, list[:n]); err != nil {
			return err
		}
		list = list[n:]
	}
	return nil
}

// batch puts messages into the queue, and notes those that it took.
func (b *Backfill) batch(ctx context.Context, list []ready) error {
	messages := make([]Message, len(list))
	for i, one := range list {
		messages[i] = one.Message
	}
	sent, err := b.Queue(ctx, messages)
	var numbers []int
	for _, i := range sent {
		numbers = append(numbers, list[i].number)
	}
	if len(numbers) > 0 {
		err = errors.Join(err, b.Journal.add(line{Done: &done{Sent: numbers}}))
	}
	if err != nil {
		return fmt.Errorf("send findings: %w", err)
	}
	return nil
}

// ready looks findings up, and makes messages of those that are still to be worked on.
func (b *Backfill) ready(ctx context.Context, numbers []int) (list []ready, settled []int, err error) {
	keys := make([]finding.Key, len(numbers))
	for i, n := range numbers {
		one, err := b.Journal.read(n)
		if err != nil {
			return nil, nil, err
		}
		keys[i] = one.Key
	}
	looked, err := b.Look(ctx, keys)
	if err != nil {
		return nil, nil, fmt.Errorf("look findings up: %w", err)
	}
	for i, n := range numbers {
		at := slices.IndexFunc(looked, func(raw finding.Raw) bool {
			return raw.ID == keys[i].ID && raw.ProductArn == keys[i].ProductArn && raw.AwsAccountID == keys[i].Account
		})
		if at < 0 || !open(looked[at]) {
			settled = append(settled, n)
			continue
		}
		if j := b.Judge(looked[at]); !j.About || j.Left != "" {
			settled = append(settled, n)
			continue
		}
		id := b.event(keys[i])
		body, err := replay.Reported(looked[at], id, b.Hub, b.Region, b.Now())
		if err != nil {
			return nil, nil, err
		}
		list = append(list, ready{n, Message{ID: id, Body: body}})
	}
	return list, settled, nil
}

// open tells that a report of the finding would be worked on: it is live, fails, and nobody has answered it.
func open(raw finding.Raw) bool {
	return raw.RecordState == finding.Active && raw.Workflow.Status == finding.New &&
		(raw.Compliance.Status == finding.Failed || raw.Compliance.Status == finding.Warning)
}

// event is the id of the event that reports a finding, the same however often it is sent.
func (b *Backfill) event(key finding.Key) string {
	const enough = 10 // bytes of the sum
	sum := sha256.Sum256([]byte(strings.Join([]string{key.ID, key.ProductArn, key.Account}, "\x00")))
	return "backfill-" + b.Journal.Head.ID + "-" + hex.EncodeToString(sum[:enough])
}
