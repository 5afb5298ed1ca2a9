package lab

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"

	"github.com/salve-security/salve/internal/lab/organisation"
)

// tempPrefix begins the name of a lab's temporary folder.
const tempPrefix = "salve-lab-"

// Lab is a running lab. Close it, or it stays until the process ends.
type Lab struct {
	options  Options
	dir      string
	ownDir   bool
	log      *os.File
	script   string
	token    string // lets ministack's stacks reach the lab's own services
	endpoint string
	server   *http.Server
	backends *backends
	http     aws.HTTPClient // of all clients that Config makes: each with connections of its own would run out of files

	ministack *emulator
	moto      atomic.Pointer[emulator]
	executor  executor
	resets    int
	resetting sync.Mutex

	organisation *organisation.World

	journal  *journal
	faults   *faults
	handlers map[string]http.Handler
	closing  context.Context
	close    context.CancelFunc
	once     sync.Once
}

// Start runs a lab inside this process and returns when it answers. Every error says what to do about it.
func Start(ctx context.Context, o Options) (*Lab, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	listener, err := listen(o.Port)
	if err != nil {
		return nil, err
	}
	l := &Lab{
		options: o, token: rand.Text(), endpoint: "http://" + listener.Addr().String(),
		http:     awshttp.NewBuildableClient(),
		backends: newBackends(), journal: newJournal(), faults: &faults{}, handlers: map[string]http.Handler{},
	}
	l.closing, l.close = context.WithCancel(context.Background())
	l.play()
	for service, handler := range o.Handlers {
		l.handlers[service] = handler
	}
	l.server = &http.Server{Handler: l, ReadHeaderTimeout: 10 * time.Second}
	if err := l.start(ctx, listener); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

// listen takes the endpoint's port on the loopback interface.
func listen(port int) (net.Listener, error) {
	listener, err := net.Listen("tcp4", fmt.Sprintf("127.0.0.1:%d", port))
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("port %d is in use: stop what listens there or choose another with --port", port)
	}
	if err != nil {
		return nil, fmt.Errorf("the lab cannot listen on 127.0.0.1:%d: %w", port, err)
	}
	return listener, nil
}

// start brings up the emulators and the endpoint side by side and waits for all of them.
func (l *Lab) start(ctx context.Context, listener net.Listener) error {
	go func() { _ = l.server.Serve(listener) }() // ends with ErrServerClosed in Close
	if err := l.prepare(); err != nil {
		return err
	}
	ministack, err := startEmulator("ministack", l.script, l.dir, l.options,
		"AUTH=true", "MINISTACK_AUTOCREATE_AWS_MANAGED=1", "AWS_ENDPOINT_URL="+l.endpoint, "LAB_TOKEN="+l.token,
		"MINISTACK_REGION="+l.Region(), "SFTP_ENABLED=0", "IOT_MTLS_ENABLED=0", "LOG_LEVEL=WARNING",
		"S3_DATA_DIR="+filepath.Join(l.dir, "s3"), "STATE_DIR="+filepath.Join(l.dir, "state"))
	if err != nil {
		return err
	}
	l.ministack = ministack
	if err := l.startMoto(); err != nil {
		return err
	}
	failed := make(chan error, 1)
	go func() { failed <- l.moto.Load().wait(ctx, l.backends.client, "/moto-api/") }()
	err = ministack.wait(ctx, l.backends.client, "/_ministack/health")
	if other := <-failed; err == nil {
		err = other // both usually fail for one reason: telling it once is enough
	}
	if err != nil {
		return l.explain(err)
	}
	return l.found(ctx)
}

// explain adds the last thing the emulators said: their log goes with the lab's folder.
func (l *Lab) explain(err error) error {
	if l.log == nil {
		return err
	}
	return fmt.Errorf("%w: %s", err, lastLine(l.log.Name()))
}

// prepare makes the lab's folder and everything in it that must exist before an emulator starts.
func (l *Lab) prepare() (err error) {
	if l.dir = l.options.Dir; l.dir == "" {
		l.ownDir = true
		if l.dir, err = os.MkdirTemp("", tempPrefix); err != nil {
			return fmt.Errorf("no temporary folder for the lab: %w", err)
		}
	}
	if err := os.MkdirAll(filepath.Join(l.dir, "tmp"), 0o700); err != nil {
		return fmt.Errorf("the lab's folder: %w", err)
	}
	if l.options.Log == nil {
		l.log, err = os.OpenFile(filepath.Join(l.dir, "emulators.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err != nil {
			return fmt.Errorf("the lab's log: %w", err)
		}
		l.options.Log = l.log
	} else {
		l.options.Log = &sharedLog{to: l.options.Log}
	}
	l.script, err = writeSources(l.dir)
	return err
}

// startMoto starts moto in place of whatever moto there was.
func (l *Lab) startMoto() error {
	// Without the second, whoever knows a bucket's name may use it, from any account.
	moto, err := startEmulator("moto", l.script, l.dir, l.options,
		"MOTO_IAM_LOAD_MANAGED_POLICIES=true", "MOTO_S3_ALLOW_CROSSACCOUNT_ACCESS=false",
		// A few images in the place of hundreds, whose snapshots every list of snapshots would carry.
		"MOTO_AMIS_PATH="+filepath.Join(filepath.Dir(l.script), "images.json"),
		"AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test")
	if err != nil {
		return err
	}
	if old := l.moto.Swap(moto); old != nil {
		old.stop()
	}
	return nil
}

// Close stops the lab, waits until its processes are gone and removes its temporary files. It may be called twice.
func (l *Lab) Close() error {
	var err error
	l.once.Do(func() {
		l.close()
		_ = l.server.Close() // only listeners can fail to close, and theirs is gone then too
		l.executor.end()
		for _, e := range []*emulator{l.ministack, l.moto.Load()} {
			if e != nil {
				e.stop()
			}
		}
		l.backends.client.CloseIdleConnections()
		if l.log != nil {
			_ = l.log.Close()
		}
		err = l.clean()
	})
	return err
}

// clean removes what the lab wrote; in a folder given by the caller the log stays.
func (l *Lab) clean() error {
	if l.ownDir {
		return wrapClean(os.RemoveAll(l.dir))
	}
	var err error
	for _, name := range []string{"launcher", "tmp", "s3", "state"} {
		err = errors.Join(err, os.RemoveAll(filepath.Join(l.dir, name)))
	}
	return wrapClean(err)
}

func wrapClean(err error) error {
	if err != nil {
		return fmt.Errorf("removing the lab's files: %w", err)
	}
	return nil
}

// Endpoint is the URL that stands for AWS.
func (l *Lab) Endpoint() string { return l.endpoint }

// Hub is the account of the Security Hub administrator.
func (l *Lab) Hub() string { return l.options.Hub }

// Members are the accounts the hub administers.
func (l *Lab) Members() []string { return append([]string(nil), l.options.Members...) }

// Region is the default Region.
func (l *Lab) Region() string { return l.options.Regions[0] }

// Regions are all Regions the lab was started for.
func (l *Lab) Regions() []string { return append([]string(nil), l.options.Regions...) }

// OrgID is the id of the organisation that the hub and its members belong to.
func (l *Lab) OrgID() string { return orgID }

// Management is the account of the organisation that administers nothing else.
func (l *Lab) Management() string { return l.options.Management }

// Organisation is what the lab plays of AWS Organizations.
func (l *Lab) Organisation() *organisation.World { return l.organisation }

// Dir is the folder with the lab's files and the emulators' log.
func (l *Lab) Dir() string { return l.dir }

// Processes are the ids of the emulators' process groups.
func (l *Lab) Processes() []int {
	return []int{l.ministack.cmd.Process.Pid, l.moto.Load().cmd.Process.Pid}
}
