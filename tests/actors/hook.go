// A hook in Go, statically linked: threads, sockets, subprocesses, files, timers.
// SPDX-License-Identifier: Apache-2.0
package main

import (
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"sync"
	"syscall"
	"time"
)

func check(err error) {
	if err != nil {
		fmt.Println("go:", err)
		os.Exit(1)
	}
}

// Each on a thread of its own.
func threads() {
	var group sync.WaitGroup
	together := make(chan bool)

	for i := 0; i < 20; i++ {
		group.Add(1)
		go func() {
			runtime.LockOSThread()
			<-together
			group.Done()
		}()
	}
	close(together)
	group.Wait()
}

func loopback() {
	listener, err := net.Listen("tcp", "localhost:0")
	check(err)
	go func() {
		conn, err := listener.Accept()
		check(err)
		_, err = io.WriteString(conn, "works")
		check(err)
		check(conn.Close())
	}()
	conn, err := net.Dial("tcp", listener.Addr().String())
	check(err)
	text, err := io.ReadAll(conn)
	check(err)
	_, err = net.Interfaces() // asks NETLINK_ROUTE
	check(err)
	fmt.Println("go", string(text))
}

func signals() {
	arrived := make(chan os.Signal, 1)
	signal.Notify(arrived, syscall.SIGUSR1)
	check(syscall.Kill(os.Getpid(), syscall.SIGUSR1))
	<-arrived
}

func main() {
	threads()
	signals()
	<-time.After(time.Millisecond)
	out, err := exec.Command("/bin/sh", "-c", "echo child").Output()
	check(err)
	check(os.WriteFile("/tmp/go", out, 0o644))
	check(os.Rename("/tmp/go", "/tmp/went"))
	loopback()
}
