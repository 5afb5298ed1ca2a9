package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go/logging"

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
	columns  int // of the terminal; 0 for any width
	errors   int // the same of the one that err goes to
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
	me       string     // ARN of who asks
	actor    string     // the last part of it
	id       string     // what AWS calls him, whatever his name: with it SQS and we say the same of him
	batch    string     // of the runs that are begun; empty for none
}

// hub connects as the role of operators, which the members trust. Credentials in the hub say where all of it is.
func (a *app) hub() (hub, error) {
	cfg, err := a.configuration()
	if err != nil {
		return hub{}, err
	}
	client := sts.NewFromConfig(cfg)
	me, err := a.login(cfg, client)
	if err != nil {
		return hub{}, err
	}
	arn := aws.ToString(me.Arn)
	at := wire.Place{
		Partition: strings.Split(arn+"::", ":")[1], Account: aws.ToString(me.Account), Region: cfg.Region,
		Endpoint: aws.ToString(cfg.BaseEndpoint),
	}
	settings, err := wire.At(a.ctx, at, os.Getenv)
	if err != nil {
		return hub{}, err
	}
	if err := a.atHome(at.Account, settings.ActionARN); err != nil {
		return hub{}, err
	}
	a.at = whereabouts{account: at.Account, table: settings.Table, region: at.Region}
	actor := member.SourceIdentity(arn[strings.LastIndexAny(arn, ":/")+1:])
	role := a.role
	if role == "" {
		role = "arn:" + at.Partition + ":iam::" + at.Account + ":" + settings.Home.Role(names.OperatorRole)
	}
	return hub{
		settings: settings, own: cfg, cfg: assumed(cfg, role, "cli-"+actor, ""), role: role, me: arn, actor: actor,
		id: aws.ToString(me.UserId),
	}, nil
}

// configuration is the operator's own, of environment and profile.
func (a *app) configuration() (aws.Config, error) {
	// What the SDK has to say beside its errors is not for who uses this.
	cfg, err := config.LoadDefaultConfig(a.ctx,
		config.WithSharedConfigProfile(a.profile), config.WithLogger(logging.Nop{}))
	if err != nil {
		return cfg, fmt.Errorf("AWS configuration: %w", err)
	}
	if cfg.Region == "" {
		return cfg, errors.New("no Region is named: set AWS_REGION, or region in your profile, to the hub's, where " +
			"findings come together")
	}
	return cfg, nil
}

func (h hub) ledger() ledger.Ledger { return wire.Ledger(h.own, h.settings) }

// engine is the function's engine in this process.
func (a *app) engine(h hub) (*engine.Engine, error) {
	// Asked first: what the hub denies must not look like a member that is not ready.
	if err := a.asFunction(h); err != nil {
		return nil, err
	}
	ports := wire.Ports(a.names.known(), h.cfg, h.settings, run.NewID(a.now()), a.audit(h))
	ports.Ledger = entering{ports.Ledger, ports.Sessions, arnPartition(h.role), &sync.Map{}}
	ports.Now, ports.Sleep, ports.Batch = a.now, a.sleep, h.batch
	return engine.New(ports), nil
}

// arnPartition is the partition that an ARN is of.
func arnPartition(arn string) string { return strings.Split(arn+"::", ":")[1] }

// warn tells of something that went wrong beside the command itself.
func (a *app) warn(format string, args ...any) {
	for line := range strings.SplitSeq(fmt.Sprintf("salve: "+format, args...), "\n") {
		printf(a.err, "%s\n", strings.Join(fitted(line, a.errors), "\n"))
	}
}
