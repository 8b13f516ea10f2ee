// Package interop holds the driver against the client that kubelet and the sidecars are made with.
package interop

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

// latency is how long each operation of the mock takes: long enough to be overtaken by a deadline.
const latency = 300 * time.Millisecond

var conn *grpc.ClientConn

func TestMain(m *testing.M) {
	code, err := withDriver(m.Run)
	if err != nil {
		fmt.Fprintln(os.Stderr, "interop:", err)
		os.Exit(1)
	}
	os.Exit(code)
}

// withDriver starts the command in ROSE_CSI (words separated by spaces) and runs the tests against it.
func withDriver(run func() int) (int, error) {
	command := strings.Fields(os.Getenv("ROSE_CSI"))
	if len(command) == 0 {
		return 1, fmt.Errorf("ROSE_CSI must name the driver's command; `make interop` does")
	}
	folder, err := os.MkdirTemp("", "rose-csi-interop-")
	if err != nil {
		return 1, err
	}
	defer os.RemoveAll(folder)
	endpoint := "unix://" + filepath.Join(folder, "csi.sock")
	driver := exec.Command(command[0], append(command[1:], "serve")...)
	driver.Env = append(os.Environ(),
		"CSI_ENDPOINT="+endpoint,
		"CSI_MODE=controller",
		"NODE_NAME=interop-node",
		"MOCK_DATA_DIR=memory",
		fmt.Sprintf("MOCK_LATENCY_MS=%d", latency.Milliseconds()),
		"HTTP_ADDRESS=off",
		"LOG_LEVEL=warn",
	)
	driver.Stderr = os.Stderr
	if err := driver.Start(); err != nil {
		return 1, err
	}
	defer func() {
		_ = driver.Process.Signal(syscall.SIGTERM)
		_ = driver.Wait()
	}()
	conn, err = grpc.NewClient(endpoint, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return 1, err
	}
	defer conn.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if _, err := csi.NewIdentityClient(conn).Probe(ctx, &csi.ProbeRequest{}, grpc.WaitForReady(true)); err != nil {
		return 1, fmt.Errorf("the driver does not answer: %w", err)
	}
	return run(), nil
}
