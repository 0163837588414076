/** That something happened on the desk; what it was does not matter to those who count. */
class Pulse {
  count = $state(0);

  tell(): void {
    this.count += 1;
  }
}

export const pulse = new Pulse();
