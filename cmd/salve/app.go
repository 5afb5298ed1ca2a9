package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/sts"

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
	format   string // of data: one of the values of -o
	colour   bool
	role     string
	profile  string
	at       whereabouts
	names    catalogue
	lost     *atomic.Bool // an audit line was; nil where nobody asks
	clock
}

// clock is the time of a command, which tests do not want to wait for.
type clock struct {
	now   func() time.Time
	sleep func(ctx context.Context, d time.Duration) error
}

// hub is a connection to the hub: its settings, its credentials and who we are.
type hub struct {
	settings wire.Settings
	own      aws.Config // the operator's own credentials: reading the ledger is his right, not the function's
	cfg      aws.Config // the role of operators, which the members trust
	role     string     // its ARN
	actor    string
}

// hub connects as the role of operators, which the members trust.
func (a *app) hub() (hub, error) {
	settings, err := wire.FromEnv(os.Getenv)
	if err != nil {
		return hub{}, fmt.Errorf("%w; for a lab with --deploy: eval \"$(salve lab env)\"", err)
	}
	cfg, err := config.LoadDefaultConfig(a.ctx, config.WithSharedConfigProfile(a.profile))
	if err != nil {
		return hub{}, fmt.Errorf("AWS configuration: %w", err)
	}
	client := sts.NewFromConfig(cfg)
	me, err := a.login(cfg, client)
	if err != nil {
		return hub{}, err
	}
	if err := a.atHome(aws.ToString(me.Account), settings.ActionARN); err != nil {
		return hub{}, err
	}
	a.at = whereabouts{account: aws.ToString(me.Account), table: settings.Table, region: cfg.Region}
	arn := aws.ToString(me.Arn)
	actor := member.SourceIdentity(arn[strings.LastIndexAny(arn, ":/")+1:])
	role := a.role
	if role == "" {
		role = "arn:" + arnPartition(arn) + ":iam::" + aws.ToString(me.Account) + ":role/" + names.OperatorRole
	}
	own := cfg.Copy()
	cfg.Credentials = aws.NewCredentialsCache(stscreds.NewAssumeRoleProvider(client, role,
		func(o *stscreds.AssumeRoleOptions) { o.RoleSessionName = "cli-" + actor }))
	return hub{settings: settings, own: own, cfg: cfg, role: role, actor: actor}, nil
}

func (h hub) ledger() ledger.Ledger { return wire.Ledger(h.own, h.settings) }

// engine is the function's engine in this process.
func (a *app) engine(h hub) (*engine.Engine, error) {
	// Asked first: what the hub denies must not look like a member that is not ready.
	if _, err := h.cfg.Credentials.Retrieve(a.ctx); err != nil {
		return nil, asRole(h.role, err)
	}
	ports := wire.Ports(a.names.known(), h.cfg, h.settings, run.NewID(a.now()), a.audit(h))
	ports.Ledger = entering{ports.Ledger, ports.Sessions, arnPartition(h.role), &sync.Map{}}
	ports.Now, ports.Sleep = a.now, a.sleep
	return engine.New(ports), nil
}

// arnPartition is the partition that an ARN is of.
func arnPartition(arn string) string { return strings.Split(arn+"::", ":")[1] }

// warn tells of something that went wrong beside the command itself.
func (a *app) warn(format string, args ...any) {
	printf(a.err, "salve: "+format+"\n", args...)
}
