package lab

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	launcher "github.com/salve-security/salve/internal/lab/emulators"
)

// startTimeout bounds the wait for an emulator's first answer.
const startTimeout = 60 * time.Second

// endTimeout bounds the wait for a process whose connection broke.
const endTimeout = time.Second

// emulator is one running Python process and the address it listens on.
type emulator struct {
	name string
	host string // 127.0.0.1:port
	cmd  *exec.Cmd
	life io.WriteCloser // the child leaves when this closes, however the lab ends
	done chan struct{}  // closed when the process is gone
}

// sharedLog is a writer for two processes at once.
type sharedLog struct {
	mu sync.Mutex
	to io.Writer
}

// Write writes one piece at a time.
func (s *sharedLog) Write(text []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.to.Write(text) //nolint:wrapcheck // io.Writer: the caller compares with io's errors
}

// writeSources puts the launcher into the lab's folder and returns its path.
func writeSources(dir string) (string, error) {
	target := filepath.Join(dir, "launcher")
	if err := os.CopyFS(target, launcher.Sources); err != nil && !errors.Is(err, os.ErrExist) {
		return "", fmt.Errorf("writing the lab's launcher: %w", err)
	}
	return filepath.Join(target, "launcher.py"), nil
}

// startEmulator binds a loopback port, hands it to the launcher and returns without waiting for an answer.
func startEmulator(name, script, dir string, o Options, environment ...string) (*emulator, error) {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("no loopback port for %s: %w", name, err)
	}
	defer func() { _ = listener.Close() }() // the child has its own copy
	socket, err := listener.(*net.TCPListener).File()
	if err != nil {
		return nil, fmt.Errorf("handing a port to %s: %w", name, err)
	}
	defer func() { _ = socket.Close() }()
	port := strconv.Itoa(listener.Addr().(*net.TCPAddr).Port)

	cmd := exec.Command(o.Python, "-B", script, name, "3")
	cmd.Dir = dir
	cmd.ExtraFiles = []*os.File{socket}
	cmd.Stdout, cmd.Stderr = o.Log, o.Log
	cmd.Env = append(baseEnvironment(dir), environment...)
	cmd.Env = append(cmd.Env, "GATEWAY_PORT="+port, "MOTO_PORT="+port)
	if o.Dir == "" {
		cmd.Env = append(cmd.Env, "LAB_FOLDER="+dir) // a lab that ends without Close leaves nothing either
	}
	ownGroup(cmd)
	life, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("starting %s: %w", name, err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting %s with %s: %w: run `make lab-env`", name, o.Python, err)
	}
	e := &emulator{name: name, host: "127.0.0.1:" + port, cmd: cmd, life: life, done: make(chan struct{})}
	go func() {
		_ = cmd.Wait() // killed in the end, whatever happens: the status says nothing
		close(e.done)
	}()
	return e, nil
}

// baseEnvironment is all the emulators and the functions they run see of the caller's environment.
func baseEnvironment(dir string) []string {
	environment := []string{
		"HOME=" + dir, "TMPDIR=" + filepath.Join(dir, "tmp"), "PYTHONUNBUFFERED=1",
		"AWS_EC2_METADATA_DISABLED=true",
		// No emulator may find a container engine: ministack would clean up containers that are not ours.
		"DOCKER_HOST=unix://" + filepath.Join(dir, "no-docker"),
		"NO_PROXY=127.0.0.1,localhost",
	}
	for _, name := range []string{"PATH", "LANG", "SSL_CERT_FILE"} {
		if value, ok := os.LookupEnv(name); ok {
			environment = append(environment, name+"="+value)
		}
	}
	return environment
}

// wait returns when the emulator answers at path, or says why it never will.
func (e *emulator) wait(ctx context.Context, client *http.Client, path string) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	go func() {
		select {
		case <-e.done:
			cancel()
		case <-ctx.Done():
		}
	}()
	// The socket listens already: the request waits in its queue until the process accepts it.
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+e.host+path, nil)
	if err != nil {
		return fmt.Errorf("asking %s: %w", e.name, err)
	}
	answer, err := client.Do(request)
	if err == nil {
		_ = answer.Body.Close() // that there is an answer is all that counts
		return nil
	}
	select {
	case <-e.done:
		return fmt.Errorf("%s ended at once: run `make lab-env`", e.name)
	case <-time.After(endTimeout): // the connection breaks a moment before the process is gone
		return fmt.Errorf("%s does not answer: %w", e.name, err)
	}
}

// stop ends the process with everything it started and waits until all of it is gone.
func (e *emulator) stop() {
	killGroup(e.cmd.Process.Pid)
	<-e.done
	_ = e.life.Close()
	awaitGroup(e.cmd.Process.Pid)
}
