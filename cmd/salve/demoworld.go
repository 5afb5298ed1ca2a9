package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/salve-security/salve/internal/lab"
	labhub "github.com/salve-security/salve/internal/lab/securityhub"
	"github.com/salve-security/salve/internal/plain"
)

// mailboxPolicy lets the topic deliver to the queue that stands for a person's mailbox.
const mailboxPolicy = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow",` +
	`"Principal":{"Service":"sns.amazonaws.com"},"Action":"sqs:SendMessage","Resource":"*"}]}`

// openMailbox subscribes a queue to what people are told by email.
func (d *demo) openMailbox(root aws.Config) (string, error) {
	name := "mailbox"
	q, err := sqs.NewFromConfig(root).CreateQueue(d.ctx, &sqs.CreateQueueInput{
		QueueName: &name, Attributes: map[string]string{"Policy": mailboxPolicy},
	})
	if err != nil {
		return "", fmt.Errorf("make a mailbox: %w", err)
	}
	_, err = sns.NewFromConfig(root).Subscribe(d.ctx, &sns.SubscribeInput{
		TopicArn: &d.h.settings.NoticesTopic, Protocol: aws.String("sqs"),
		Endpoint: aws.String("arn:aws:sqs:" + d.Region() + ":" + d.Hub() + ":" + name),
	})
	if err != nil {
		return "", fmt.Errorf("subscribe the mailbox: %w", err)
	}
	return aws.ToString(q.QueueUrl), nil
}

// mail waits for an email whose subject begins so and that names the resource.
func (d *demo) mail(begins, resource string) (string, error) {
	client, seen := sqs.NewFromConfig(d.h.own), 0
	for {
		for ; seen < len(d.letters); seen++ {
			if text := d.letters[seen]; strings.HasPrefix(text, begins) && strings.Contains(text, resource) {
				return text, nil
			}
		}
		out, err := client.ReceiveMessage(d.ctx, &sqs.ReceiveMessageInput{QueueUrl: &d.mailbox, WaitTimeSeconds: 10})
		if err != nil {
			return "", fmt.Errorf("no email %q about %s came: %w", begins, resource, err)
		}
		for _, m := range out.Messages {
			var letter struct{ Subject, Message string }
			if err := json.Unmarshal([]byte(aws.ToString(m.Body)), &letter); err != nil {
				return "", fmt.Errorf("read an email: %w", err)
			}
			d.letters = append(d.letters, letter.Subject+"\n\n"+letter.Message)
			_, err := client.DeleteMessage(d.ctx, &sqs.DeleteMessageInput{
				QueueUrl: &d.mailbox, ReceiptHandle: m.ReceiptHandle,
			})
			if err != nil {
				return "", fmt.Errorf("empty the mailbox: %w", err)
			}
		}
	}
}

// spec is what Security Hub says of a resource.
func (d *demo) spec(p *prop, standard string) (labhub.FindingSpec, error) {
	c := labFinding{Control: p.control, Resource: p.arn, Account: p.account, Standard: standard, Status: "FAILED"}
	return c.spec(d.names, lab.Daemon{Regions: d.Regions()})
}

// report writes the finding as Security Hub would.
func (d *demo) report(p *prop, standard string) (string, error) {
	spec, err := d.spec(p, standard)
	if err != nil {
		return "", err
	}
	f, err := labhub.SDKFinding(spec)
	if err != nil {
		return "", fmt.Errorf("build finding: %w", err)
	}
	p.finding = aws.ToString(f.Id)
	return p.finding, d.post(d.h.own, f)
}

// post writes a finding into Security Hub.
func (d *demo) post(who aws.Config, f types.AwsSecurityFinding) error {
	out, err := securityhub.NewFromConfig(who).BatchImportFindings(d.ctx, &securityhub.BatchImportFindingsInput{
		Findings: []types.AwsSecurityFinding{f},
	})
	if err != nil {
		return fmt.Errorf("write finding: %w", err)
	}
	for _, refused := range out.FailedFindings {
		return fmt.Errorf("write finding: %s", aws.ToString(refused.ErrorMessage))
	}
	return nil
}

// click presses Remediate on a finding, as a person does in the console.
func (d *demo) click(finding string) error {
	return post(d.ctx, http.MethodPost, d.Endpoint()+"/_lab/click", map[string]any{
		"FindingIds": []string{finding}, "ActionTargetArn": d.action,
	})
}

// finding is what Security Hub shows: workflow status and note.
func (d *demo) finding(id string) (status types.WorkflowStatus, note string, err error) {
	out, err := securityhub.NewFromConfig(d.h.own).GetFindings(d.ctx, &securityhub.GetFindingsInput{
		Filters: &types.AwsSecurityFindingFilters{Id: equal(id)},
	})
	switch {
	case err != nil:
		return "", "", fmt.Errorf("read finding: %w", err)
	case len(out.Findings) != 1 || out.Findings[0].Workflow == nil:
		return "", "", errors.New("the finding is not there")
	case out.Findings[0].Note != nil:
		note = plain.Line(aws.ToString(out.Findings[0].Note.Text))
	}
	return out.Findings[0].Workflow.Status, note, nil
}

// says wants a finding to get a status and a note, which it returns.
func (d *demo) says(id string, want types.WorkflowStatus) (note string, err error) {
	var is types.WorkflowStatus
	err = d.await(func() (bool, error) {
		is, note, err = d.finding(id)
		return is == want && note != "", err
	})
	if err != nil {
		return "", fmt.Errorf("finding %s is %s, not %s: %w", id, is, want, err)
	}
	return note, nil
}

// lookAgain is how long the demo waits between two looks.
const lookAgain = 100 * time.Millisecond

// await looks until it sees what it waits for.
func (d *demo) await(seen func() (bool, error)) error {
	tick := time.NewTicker(lookAgain)
	defer tick.Stop()
	for {
		if ok, err := seen(); ok || err != nil {
			return err
		}
		select {
		case <-d.ctx.Done():
			return fmt.Errorf("wait for it: %w", d.ctx.Err())
		case <-tick.C:
		}
	}
}
