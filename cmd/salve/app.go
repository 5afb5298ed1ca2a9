package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/jedib0t/go-pretty/v6/table"

	"github.com/salve-security/salve/internal/engine"
	"github.com/salve-security/salve/internal/ledger"
	"github.com/salve-security/salve/internal/member"
	"github.com/salve-security/salve/internal/names"
	"github.com/salve-security/salve/internal/run"
	"github.com/salve-security/salve/internal/wire"
)

// app is what every command works with.
type app struct {
	ctx      context.Context
	out, err io.Writer
	json     bool
	role     string
}

// hub is a connection to the hub: its settings, its credentials and who we are.
type hub struct {
	settings wire.Settings
	own      aws.Config // the operator's own credentials: reading the ledger is his right, not the function's
	cfg      aws.Config // the orchestrator's role, which the members trust
	actor    string
}

// hub connects as the orchestrator's role, which the members trust.
func (a *app) hub() (hub, error) {
	settings, err := wire.FromEnv(os.Getenv)
	if err != nil {
		return hub{}, fmt.Errorf("%w; for a lab: eval \"$(salve lab env)\"", err)
	}
	cfg, err := config.LoadDefaultConfig(a.ctx)
	if err != nil {
		return hub{}, fmt.Errorf("AWS configuration: %w", err)
	}
	client := sts.NewFromConfig(cfg)
	me, err := client.GetCallerIdentity(a.ctx, nil)
	if err != nil {
		return hub{}, fmt.Errorf("who am I: %w", err)
	}
	arn := aws.ToString(me.Arn)
	actor := member.SourceIdentity(arn[strings.LastIndexAny(arn, ":/")+1:])
	role := a.role
	if role == "" {
		partition := strings.Split(arn+"::", ":")[1]
		role = "arn:" + partition + ":iam::" + aws.ToString(me.Account) + ":role/" + names.FunctionRole
	}
	own := cfg.Copy()
	cfg.Credentials = aws.NewCredentialsCache(stscreds.NewAssumeRoleProvider(client, role,
		func(o *stscreds.AssumeRoleOptions) { o.RoleSessionName = "cli-" + actor }))
	return hub{settings: settings, own: own, cfg: cfg, actor: actor}, nil
}

func (h hub) ledger() ledger.Ledger { return wire.Ledger(h.own, h.settings) }

// engine is the function's engine in this process.
func (a *app) engine(h hub) (*engine.Engine, error) {
	audit := wire.AuditLog(h.own, h.settings.AuditLogGroup, func(err error) {
		fmt.Fprintln(a.err, "salve: the audit line was not stored:", err)
	})
	return wire.Engine(h.cfg, h.settings, run.NewID(time.Now()), audit)
}

// data prints a value as JSON, or calls text for people.
func (a *app) data(v any, text func()) error {
	if !a.json {
		text()
		return nil
	}
	encoder := json.NewEncoder(a.out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(v); err != nil {
		return fmt.Errorf("print: %w", err)
	}
	return nil
}

func (a *app) table(header table.Row, rows []table.Row) {
	t := table.NewWriter()
	t.SetOutputMirror(a.out)
	t.SetStyle(table.StyleLight)
	t.Style().Options = table.OptionsNoBordersAndSeparators
	t.AppendHeader(header)
	t.AppendRows(rows)
	t.Render()
}

func (a *app) say(format string, args ...any) { fmt.Fprintf(a.out, format+"\n", args...) }
