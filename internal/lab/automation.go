package lab

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// executor is the stand-in for SSM Automation. It is started with the first call about an automation: most labs
// need none.
type executor struct {
	mu      sync.Mutex
	running *emulator
	closed  bool
}

// ForeignDocument is a runbook that belongs to somebody else than the account it runs in: to Amazon, or to an
// account that shares it. A lab has none but what it is given; its content is a stand-in.
type ForeignDocument struct {
	Name    string // of Amazon's own; else the ARN
	Owner   string // Amazon, or an account id
	Version string `json:"DocumentVersion,omitempty"` // 1 if empty
	Content string // YAML or JSON, schema 0.3
}

// automationHost returns where the executor listens, after starting it if need be.
func (l *Lab) automationHost(ctx context.Context) (string, error) {
	l.executor.mu.Lock()
	defer l.executor.mu.Unlock()
	if l.executor.running != nil {
		return l.executor.running.host, nil
	}
	if l.executor.closed {
		return "", fmt.Errorf("starting the executor of automations: %w", context.Canceled)
	}
	e, err := startEmulator("automation", l.script, l.dir, l.options,
		"LAB_ENDPOINT="+l.endpoint, "LAB_MINISTACK="+l.ministack.host, "LAB_TOKEN="+l.token)
	if err != nil {
		return "", err
	}
	if err := e.wait(ctx, l.backends.client, "/"); err != nil {
		e.stop()
		return "", l.explain(err)
	}
	l.executor.running = e
	return e.host, nil
}

// started tells whether there may be automations or documents of others.
func (e *executor) started() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.running != nil
}

// end stops it for good, and every automation with it.
func (e *executor) end() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.closed = true
	if e.running != nil {
		e.running.stop()
		e.running = nil
	}
}

// viaAutomation lets the executor answer. To start an automation, its caller needs more than the right to start:
// the right to pass the role on that the document runs as, which AWS asks for in the same call.
func (l *Lab) viaAutomation(ctx context.Context, c *call) *answer {
	if c.operation == "StartAutomationExecution" && !c.trusted {
		denied, err := l.mayStart(ctx, c)
		if err != nil {
			return l.unreachable(ctx, c, err)
		}
		if denied != nil {
			return denied
		}
	}
	got, err := l.askAutomation(ctx, c)
	if err != nil {
		return l.unreachable(ctx, c, err)
	}
	return got
}

// askAutomation sends a call to the executor, with who asks.
func (l *Lab) askAutomation(ctx context.Context, c *call) (*answer, error) {
	host, err := l.automationHost(ctx)
	if err != nil {
		return nil, err
	}
	return l.backends.send(ctx, host, c, map[string]string{
		"X-Lab-Account": c.account, "X-Lab-Region": c.region, "X-Lab-Principal": url.PathEscape(c.principal),
	})
}

// mayStart asks for what a start needs beside the document: the execution it makes, and the role it passes on.
// It returns the refusal, or nil.
func (l *Lab) mayStart(ctx context.Context, c *call) (*answer, error) {
	asked := *c
	asked.rawPath, asked.header = "/role", http.Header{"Content-Type": {"application/json"}}
	got, err := l.askAutomation(ctx, &asked)
	if err != nil || !got.ok() {
		return got, err
	}
	var found struct{ Role string }
	if err := json.Unmarshal(got.body, &found); err != nil {
		return nil, fmt.Errorf("the executor's answer: %w", err)
	}
	needed := []also{{
		Action:   "ssm:StartAutomationExecution",
		Resource: fmt.Sprintf("arn:aws:ssm:%s:%s:automation-execution/*", c.region, c.account),
	}}
	if found.Role != "" {
		needed = append(needed, also{
			Action: "iam:PassRole", Resource: found.Role,
			Context: map[string]string{"iam:passedtoservice": "ssm.amazonaws.com"},
		})
	}
	for _, one := range needed {
		if denied, err := l.authoriseAlso(ctx, c, one); denied != nil || err != nil {
			return denied, err
		}
	}
	return nil, nil
}

// also is a right that a call needs beside its own action.
type also struct {
	Action   string            `json:"action"`
	Resource string            `json:"resource"`
	Context  map[string]string `json:"context,omitempty"` // condition keys, in lower case
}

// authoriseAlso asks ministack's evaluator about another action for the same caller.
func (l *Lab) authoriseAlso(ctx context.Context, c *call, needed also) (*answer, error) {
	text, err := json.Marshal(needed)
	if err != nil {
		return nil, fmt.Errorf("encoding a right: %w", err)
	}
	got, err := l.backends.send(ctx, l.ministack.host, c,
		map[string]string{"X-Lab-Authorize": c.service, "X-Lab-Also": string(text)})
	if err != nil || got.status == http.StatusNoContent {
		return nil, err
	}
	return got, nil
}

// foreignDocument answers what is asked of a document that belongs to somebody else, or nil.
func (l *Lab) foreignDocument(ctx context.Context, c *call) *answer {
	if !l.executor.started() || (c.operation != "GetDocument" && c.operation != "DescribeDocument") {
		return nil
	}
	asked := *c
	asked.rawPath, asked.header = "/document", http.Header{"Content-Type": {"application/json"}}
	got, err := l.askAutomation(ctx, &asked)
	if err != nil {
		return l.unreachable(ctx, c, err)
	}
	var found struct{ Document *ForeignDocument }
	if err := json.Unmarshal(got.body, &found); err != nil || found.Document == nil {
		return nil // the account's own: moto knows
	}
	return found.Document.answer(c.operation)
}

// PublishDocument makes a document of somebody else known to all accounts of the lab.
func (l *Lab) PublishDocument(ctx context.Context, document ForeignDocument) error {
	if document.Version == "" {
		document.Version = "1"
	}
	return l.tellAutomation(ctx, "/documents", document)
}

// Advance puts the time of automations forward: what sleeps or waits looks again.
func (l *Lab) Advance(ctx context.Context, by time.Duration) error {
	return l.tellAutomation(ctx, "/advance", map[string]float64{"Seconds": by.Seconds()})
}

func (l *Lab) tellAutomation(ctx context.Context, path string, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encoding what the executor is told: %w", err)
	}
	got, err := l.askAutomation(ctx, &call{
		method: http.MethodPost, rawPath: path, path: path, body: body,
		header: http.Header{"Content-Type": {"application/json"}},
	})
	if err != nil {
		return err
	}
	if !got.ok() {
		return fmt.Errorf("the executor of automations answered %d: %s", got.status, strings.TrimSpace(string(got.body)))
	}
	return nil
}
